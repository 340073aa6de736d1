"""The dispatch process: builds dispatch loops, and keeps what outlives a loop."""

from bridge.checks import check_servers
from bridge.dispatch.handler import Dispatch
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.servers.cluster import Cluster
from bridge.kafka.topics.ids import known_topics
from bridge.loop.instance_name import InstanceName
from bridge.loop.loop import Loop
from bridge.loop.supervisor import Supervisor
from bridge.loop.transactions.runner import new_offsets_timeout
from bridge.loop.transactions.size import TransactionSize
from chat_tasks.settings import Settings
from chat_tasks.storage.session import Session, connect, failures_as_unavailable


def run_dispatch(settings: Settings) -> int:
    """Run dispatch until the process is asked to end; returns its exit code."""
    builder = _Builder(settings)
    try:
        name = InstanceName(settings, settings.dispatch_group)
        return Supervisor(builder.build, name).run()
    finally:
        builder.close()


class _Builder:
    """Builds loops, and keeps what outlives a loop.

    That is the process's state, what is known of Kafka's speed, and the connection to Cassandra, which takes long to
    make.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: Session | None = None
        self._process_state = ProcessState()
        self._offsets_timeout = new_offsets_timeout(settings)
        self._transaction_size = TransactionSize()

    def build(self) -> Loop:
        settings = self._settings
        if self._session is None:
            self._session = connect(settings)
        stored, counts = check_servers(settings, self._session)
        with failures_as_unavailable():
            cluster = Cluster(
                settings,
                self._session,
                output_partitions=counts[settings.output_topic],
                block_partitions=counts[settings.block_topic],
            )
        known = known_topics(stored, [settings.log_topic, settings.request_topic])
        handler = Dispatch(settings, cluster, self._process_state)
        return Loop(settings, handler, known, self._offsets_timeout, self._transaction_size)

    def close(self) -> None:
        if self._session is not None:
            self._session.cluster.shutdown()
