"""The dispatch process: builds dispatch loops, and keeps what outlives a loop."""

from itertools import chain
from typing import cast

from bridge.checks import check_servers
from bridge.dispatch.conversations.standing import conversation_route
from bridge.dispatch.counts import DispatchCounts
from bridge.dispatch.handler import Dispatch
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.servers.cluster import Cluster
from bridge.instance_name import InstanceName
from bridge.kafka.connection.properties import chosen_properties
from bridge.kafka.topics.ids import known_topics
from bridge.loop.health import BridgeHealth
from bridge.loop.loop import Loop
from bridge.loop.supervisor import Supervisor
from bridge.loop.transactions.runner import new_offsets_timeout
from bridge.loop.transactions.size import TransactionSize
from chat_tasks.health.probes import probes
from chat_tasks.http.events import events_route
from chat_tasks.http.metrics import metrics_route
from chat_tasks.http.server import serve
from chat_tasks.settings import Settings
from chat_tasks.storage.session import Session, connect, failures_as_unavailable
from chat_tasks.tracing.setup import tracing


def run_dispatch(settings: Settings) -> int:
    """Run dispatch until the process is asked to end; returns its exit code."""
    # Wrong ones end the process even while a server is away.
    chosen_properties(settings)
    health = BridgeHealth("dispatch", settings, needs=["kafka", "redis", "cassandra"])
    routes = probes(health)
    routes["/events"] = events_route("dispatch", settings.instance_name)
    serve(settings, routes)
    builder = _Builder(settings, health)
    try:
        name = InstanceName(settings, settings.dispatch_group)
        supervisor = Supervisor(builder.build, name, health, measured=builder.counts.loop)
        routes["/metrics"] = metrics_route(lambda: chain(builder.counts.samples(), supervisor.measure()))
        routes["/conversation"] = conversation_route(
            lambda key: supervisor.ask(lambda handler: cast("Dispatch", handler).conversation(key))
        )
        with tracing("dispatch", settings.instance_name):
            return supervisor.run()
    finally:
        builder.close()


class _Builder:
    """Builds loops, and keeps what outlives a loop.

    That is the process's state, what is known of Kafka's speed, and the connection to Cassandra, which takes long to
    make.
    """

    def __init__(self, settings: Settings, health: BridgeHealth) -> None:
        self._settings = settings
        self._health = health
        self._session: Session | None = None
        self.counts = DispatchCounts(settings)
        self._process_state = ProcessState(self.counts)
        self._offsets_timeout = new_offsets_timeout(settings)
        self._transaction_size = TransactionSize()

    def build(self) -> Loop:
        settings = self._settings
        if self._session is None:
            self._session = connect(settings)
        self._health.dependencies.answered("cassandra")
        stored, counts = check_servers(settings, self._session, self._health.pulse.beat)
        with failures_as_unavailable():
            cluster = Cluster(
                settings,
                self._session,
                output_partitions=counts[settings.output_topic],
                block_partitions=counts[settings.block_topic],
            )
        known = known_topics(stored, [settings.log_topic, settings.request_topic])
        handler = Dispatch(settings, cluster, self._process_state, self._health.dependencies)
        return Loop(
            settings,
            handler,
            known,
            self._offsets_timeout,
            self._transaction_size,
            health=self._health,
            measured=self.counts.loop,
        )

    def close(self) -> None:
        if self._session is not None:
            self._session.cluster.shutdown()
