"""The ingest process."""

from confluent_kafka.admin import AdminClient

from bridge.checks import check_kafka, check_topics
from bridge.ingest.handler import Ingest
from bridge.kafka.clients import base_config
from bridge.kafka.topics import known_partitions_name
from bridge.loop.adaptive_timeout import AdaptiveTimeout
from bridge.loop.loop import Loop
from bridge.loop.supervisor import Supervisor
from bridge.loop.transaction_runner import new_offsets_timeout
from chat_tasks.settings import Settings
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import Session, connect, failures_as_unavailable


def run_ingest(settings: Settings) -> int:
    """Until the process is asked to end; returns its exit code."""
    timeout = new_offsets_timeout(settings)
    return Supervisor(lambda: _build(settings, timeout)).run()


def _build(settings: Settings, timeout: AdaptiveTimeout) -> Loop:
    admin = AdminClient(base_config(settings))
    stored = _stored_settings(settings)
    check_topics(settings, admin, stored)
    check_kafka(settings, admin)
    known = {settings.message_topic: int(stored[known_partitions_name(settings.message_topic)])}
    return Loop(settings, Ingest(settings), known, timeout)


def _stored_settings(settings: Settings) -> dict[str, str]:
    """Only asked once a start: ingest itself does not need Cassandra."""
    session: Session = connect(settings)
    try:
        with failures_as_unavailable():
            return check_stored_settings(session, settings)
    finally:
        session.cluster.shutdown()
