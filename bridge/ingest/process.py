"""The ingest process: builds ingest loops, with fresh checks of the servers for each."""

from collections.abc import Iterator
from itertools import chain

from bridge.checks import check_servers
from bridge.ingest.handler import Ingest
from bridge.instance_name import InstanceName
from bridge.kafka.connection.properties import chosen_properties
from bridge.kafka.topics.ids import known_topics
from bridge.loop.health import BridgeHealth
from bridge.loop.loop import Loop
from bridge.loop.measuring.measurements import LoopMeasurements
from bridge.loop.supervisor import Supervisor
from bridge.loop.transactions.runner import new_offsets_timeout
from bridge.loop.transactions.size import TransactionSize
from bridge.records.dead_letter_counts import DeadLetterCounts
from chat_tasks.health.probes import probes
from chat_tasks.http.events import events_route
from chat_tasks.http.metrics import metrics_route
from chat_tasks.http.server import serve
from chat_tasks.metrics.metric import Sample
from chat_tasks.settings import Settings
from chat_tasks.storage.session import connected
from chat_tasks.tracing.setup import tracing


def run_ingest(settings: Settings) -> int:
    """Run ingest until the process is asked to end; returns its exit code."""
    # Wrong ones end the process even while a server is away.
    chosen_properties(settings)
    health = BridgeHealth("ingest", settings, needs=["kafka"])
    routes = probes(health)
    routes["/events"] = events_route("ingest", settings.instance_name)
    serve(settings, routes)
    builder = _Builder(settings, health)
    supervisor = Supervisor(builder.build, InstanceName(settings, settings.ingest_group), health, measured=builder.loop)
    routes["/metrics"] = metrics_route(lambda: chain(builder.samples(), supervisor.measure()))
    with tracing("ingest", settings.instance_name):
        return supervisor.run()


class _Builder:
    """Builds loops, and keeps what outlives a loop: what is known of Kafka's speed, and what is counted."""

    def __init__(self, settings: Settings, health: BridgeHealth) -> None:
        self._settings = settings
        self._health = health
        self._offsets_timeout = new_offsets_timeout(settings)
        self._transaction_size = TransactionSize()
        self._dead_letters = DeadLetterCounts(settings.dead_letter_topic)
        self.loop = LoopMeasurements()

    def samples(self) -> Iterator[Sample]:
        """What was counted."""
        return chain(self.loop.samples(), self._dead_letters.samples())

    def build(self) -> Loop:
        settings, health = self._settings, self._health
        # The session serves these checks only: ingest itself does not need Cassandra.
        with connected(settings) as session:
            health.dependencies.answered("cassandra")
            stored, _ = check_servers(settings, session, health.pulse.beat)
        health.dependencies.not_needed("cassandra")
        known = known_topics(stored, [settings.message_topic])
        handler = Ingest(settings, self._dead_letters)
        return Loop(
            settings,
            handler,
            known,
            self._offsets_timeout,
            self._transaction_size,
            health=health,
            measured=self.loop,
        )
