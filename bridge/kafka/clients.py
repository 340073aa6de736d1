"""How every consumer and producer of the project is configured."""

import logging
from typing import Any

from chat_tasks.settings import Settings

# librdkafka repeats every refused connection for every broker and client; what matters we say ourselves, once.
_SILENT = logging.getLogger("librdkafka")
_SILENT.disabled = True

_SOCKET_TIMEOUT_MS = 6000


def base_config(settings: Settings) -> dict[str, Any]:
    """What all clients share."""
    return {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": settings.instance_name,
        "logger": _SILENT,
        "log_level": 2,
        # A broker that comes back is found again within a second.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        # A paused broker takes connections and never answers; at the defaults that is noticed after a minute.
        "socket.timeout.ms": _SOCKET_TIMEOUT_MS,
        "socket.connection.setup.timeout.ms": 3000,
        "topic.metadata.refresh.interval.ms": 10_000,
    }


def _loop_config(settings: Settings) -> dict[str, Any]:
    """What the clients of a loop share: one that does not get on makes itself new ones."""
    return {
        **base_config(settings),
        # Else a client that sees no broker forgets them all, and a transaction that was handing its offsets over to one
        # of them hangs (librdkafka's issue 5511).
        "metadata.recovery.strategy": "none",
    }


def consumer_config(settings: Settings, group: str) -> dict[str, Any]:
    """A member of one of our groups: offsets travel in the producer's transactions, never from here."""
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
        # Where the committed offset is gone or out of range, going on at either end would lose or double records.
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
        "fetch.queue.backoff.ms": 10,
        # Of each partition, besides one more fetch: this, too, is memory that a backlog fills.
        "queued.min.messages": 5_000,
        "queued.max.messages.kbytes": 32_768,
        "message.max.bytes": 2 * settings.max_record_bytes + 1_000_000,
        "fetch.message.max.bytes": 256 * 1024,
    }


def reader_config(settings: Settings, group: str) -> dict[str, Any]:
    """A person's or a test's look at a topic: sees what is committed, commits nothing."""
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
    """The transactional producer of a member of that group."""
    return {
        **_loop_config(settings),
        # Stable, so that a restarted process ends what its predecessor left open instead of waiting for a time-out.
        "transactional.id": f"{group}.{settings.instance_name}",
        "transaction.timeout.ms": round(settings.transaction_timeout * 1000),
        # The client wants it to be shorter than the transaction's.
        "socket.timeout.ms": min(_SOCKET_TIMEOUT_MS, round(settings.transaction_timeout * 1000) - 100),
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 1,
        # A transaction that follows another closely is told to try again until the markers of the one before are
        # written; at the default of 100 ms that, not the commit, is what a transaction takes.
        "retry.backoff.ms": 5,
        "retry.backoff.max.ms": 500,
        "compression.type": "lz4",
        # A batch counts like a record towards a topic's max.message.bytes.
        "batch.size": min(1_000_000, settings.max_record_bytes),
        "message.max.bytes": 2 * settings.max_record_bytes + 1_000_000,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 262_144,
    }
