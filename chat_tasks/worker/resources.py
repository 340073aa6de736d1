"""The connections of one worker process, made on first use: clients of Cassandra do not survive a fork."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from redis import Redis

from chat_tasks.backoff import Backoff
from chat_tasks.errors import ChatTasksError
from chat_tasks.formats.tasks import Requests, Work
from chat_tasks.redis_client import connect_redis
from chat_tasks.settings import settings
from chat_tasks.storage.generations import NodeGenerations
from chat_tasks.storage.heads import HeadReader
from chat_tasks.storage.history import HistoryReader
from chat_tasks.storage.requests.ring import Ring
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import connect, failures_as_unavailable
from chat_tasks.storage.thresholds import read_thresholds
from chat_tasks.storage.writer import RowWriter
from chat_tasks.worker.append import Appender
from chat_tasks.worker.health.cassandra_board import NodeWatch
from chat_tasks.worker.health.worker_health import board
from chat_tasks.worker.known_seal import KnownSeal
from chat_tasks.worker.latest import LatestMessages
from chat_tasks.worker.locks import ConversationLocks

_BACKOFF = Backoff(first=1.0, longest=10.0)
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class WorkerResources:
    """The connections and the storage that the tasks of one worker process share.

    `worker_resources` makes them once in each process, in the thread that asks first, and keeps them until the process
    ends. A worker process works on one task at a time, so nothing here is locked. Invariant: the stored settings agreed
    with the process's settings when the resources were made. If they cannot be made, nothing is kept, and whoever asks
    next tries again.
    """

    known_seal: KnownSeal
    redis: Redis
    appender: Appender
    latest: LatestMessages

    def work_done(self, locks: ConversationLocks | None = None) -> Work:
        """What this process did since the last call; `locks` are those of the task."""
        heads, writer = self.appender.heads, self.appender.writer
        requests = {
            "heads": heads.requests.take(),
            "rows": writer.requests.take(),
            "history": self.latest.history.requests.take(),
        }
        if locks is None:
            return Work(requests)
        requests["locks"] = Requests(locks.seconds, 1, 0)
        return Work(requests, writer.take_rows(), locks.taken, locks.refused)


def worker_resources() -> WorkerResources:
    """The resources of this process.

    Raises `DependencyUnavailable`, and `ConfigurationError` if the stored data was made with other settings.
    """
    with _one_at_a_time:
        return _resources_of(os.getpid())


def connect_until_done() -> None:
    """Make the resources of this process, if need be again and again, in a thread of its own; returns at once.

    A worker without work has no other way to notice that Cassandra is back.
    """
    threading.Thread(target=_connect, name="connecting", daemon=True).start()


def _connect() -> None:
    failures = 0
    while True:
        failures += 1
        time.sleep(_BACKOFF.delay(failures))
        with suppress(ChatTasksError):
            worker_resources()
            return


@cache
def _resources_of(_process: int) -> WorkerResources:
    configured = settings()
    try:
        session = connect(configured)
    except ChatTasksError:
        board.failed()
        raise
    try:
        with failures_as_unavailable():
            check_stored_settings(session, configured)
            known_seal = KnownSeal(session, configured)
            keyspace = configured.cassandra_keyspace
            ring = Ring(session, keyspace)
            generations = NodeGenerations(session, configured.cassandra_local_datacenter)
            writer = RowWriter(session, keyspace, ring, read_thresholds(session), configured.bucket_size)
            heads = HeadReader(session, keyspace, ring, configured.bucket_size)
            history = HistoryReader(session, keyspace, configured.bucket_size, configured.max_block_bytes)
    except BaseException:
        session.cluster.shutdown()
        raise
    session.cluster.register_listener(NodeWatch(session, board))
    return WorkerResources(
        known_seal=known_seal,
        redis=connect_redis(configured),
        appender=Appender(heads, writer, generations, configured.bucket_size),
        latest=LatestMessages(history, generations, configured.task_bytes),
    )
