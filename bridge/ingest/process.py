"""The ingest process: builds ingest loops, with fresh checks of the servers for each."""

from bridge.checks import check_servers
from bridge.ingest.handler import Ingest
from bridge.kafka.topics.ids import known_topics
from bridge.loop.adaptive_timeout import AdaptiveTimeout
from bridge.loop.instance_name import InstanceName
from bridge.loop.loop import Loop
from bridge.loop.supervisor import Supervisor
from bridge.loop.transactions.runner import new_offsets_timeout
from bridge.loop.transactions.size import TransactionSize
from chat_tasks.settings import Settings
from chat_tasks.storage.session import connected


def run_ingest(settings: Settings) -> int:
    """Run ingest until the process is asked to end; returns its exit code."""
    timeout, size = new_offsets_timeout(settings), TransactionSize()
    name = InstanceName(settings, settings.ingest_group)
    return Supervisor(lambda: _build(settings, timeout, size), name).run()


def _build(settings: Settings, timeout: AdaptiveTimeout, size: TransactionSize) -> Loop:
    # The session serves these checks only: ingest itself does not need Cassandra.
    with connected(settings) as session:
        stored, _ = check_servers(settings, session)
    return Loop(settings, Ingest(settings), known_topics(stored, [settings.message_topic]), timeout, size)
