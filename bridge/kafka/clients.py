"""The configuration of every consumer and producer of the project."""

from typing import Any

from bridge.kafka.connection.properties import SILENT, chosen_properties, principal_of
from bridge.kafka.connection.reports import take_identity, take_report
from chat_tasks.settings import Settings

_SOCKET_TIMEOUT_MS = 6000


def base_config(settings: Settings) -> dict[str, Any]:
    """The settings that all clients share.

    Raises `ConfigurationError` if one of the operator's properties is wrong.
    """
    chosen = chosen_properties(settings)
    take_identity(principal_of(chosen), settings.kafka_bootstrap_servers)
    return {
        **chosen,
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": settings.instance_name,
        "logger": SILENT,
        "log_level": 2,
        "error_cb": take_report,
        # With these two a broker that comes back is found within a second.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        # A paused broker takes connections and never answers. With the default time-outs a client notices that after a
        # minute.
        "socket.timeout.ms": _SOCKET_TIMEOUT_MS,
        "socket.connection.setup.timeout.ms": 3000,
        "topic.metadata.refresh.interval.ms": 10_000,
    }


def _loop_config(settings: Settings) -> dict[str, Any]:
    """The settings that the clients of a loop share. A loop that makes no progress is replaced, with new clients."""
    return {
        **base_config(settings),
        # By default a client that sees no broker forgets all brokers. A transaction that is handing its offsets over to
        # one of them then hangs (librdkafka's issue 5511).
        "metadata.recovery.strategy": "none",
    }


def consumer_config(settings: Settings, group: str) -> dict[str, Any]:
    """The consumer of a member of `group`. Its offsets are committed by the producer's transactions only."""
    return {
        **_loop_config(settings),
        "group.id": group,
        # Static membership: a process that restarts gets its partitions back at once, without a rebalance.
        "group.instance.id": settings.instance_name,
        "group.protocol": "classic",
        "partition.assignment.strategy": "range",
        "session.timeout.ms": round(settings.session_timeout * 1000),
        "heartbeat.interval.ms": 1000,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # If the committed offset is gone or out of range, going on at either end would lose or double records.
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
        "fetch.queue.backoff.ms": 10,
        # A bound for each partition, besides one more fetch: a backlog fills this memory too.
        "queued.min.messages": 5_000,
        "queued.max.messages.kbytes": 32_768,
        "message.max.bytes": 2 * settings.max_record_bytes + 1_000_000,
        "fetch.message.max.bytes": 256 * 1024,
        # Of all codecs, the client bounds only what zstd unpacks to, by the size of the largest answer.
        "fetch.max.bytes": min(50_000_000, settings.max_batch_bytes - 1_000_000),
        "receive.message.max.bytes": settings.max_batch_bytes,
        # Without it corrupt bytes are delivered as records, or stop the partition without an error.
        "check.crcs": True,
    }


def reader_config(settings: Settings, group: str) -> dict[str, Any]:
    """A consumer for a person or a test that looks at a topic: it sees committed records, and commits nothing."""
    return {
        **base_config(settings),
        "group.id": group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
    }


def producer_config(settings: Settings, group: str) -> dict[str, Any]:
    """The transactional producer of a member of `group`."""
    return {
        **_loop_config(settings),
        # The name is stable, so a restarted process ends what its predecessor left open, and waits for no time-out.
        "transactional.id": f"{group}.{settings.instance_name}",
        "transaction.timeout.ms": round(settings.transaction_timeout * 1000),
        # The client demands a socket time-out below the transaction's time-out.
        "socket.timeout.ms": min(_SOCKET_TIMEOUT_MS, round(settings.transaction_timeout * 1000) - 100),
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 1,
        # The broker refuses a transaction that follows another closely, until the markers of the earlier one are
        # written. At the default of 100 ms this backoff would take most of a transaction's time.
        "retry.backoff.ms": 5,
        "retry.backoff.max.ms": 500,
        "compression.type": "lz4",
        # A producer's batch counts like one record towards a topic's max.message.bytes.
        "batch.size": min(1_000_000, settings.max_record_bytes),
        "message.max.bytes": 2 * settings.max_record_bytes + 1_000_000,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 262_144,
    }
