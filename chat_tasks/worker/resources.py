"""The connections of one worker process, made on first use: clients of Cassandra do not survive a fork."""

import os
from dataclasses import dataclass
from functools import cache

from redis import Redis

from chat_tasks.redis_client import connect_redis
from chat_tasks.settings import settings
from chat_tasks.storage.generations import NodeGenerations
from chat_tasks.storage.heads import HeadReader
from chat_tasks.storage.history import HistoryReader
from chat_tasks.storage.replica_sets import ReplicaSets
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import connect, failures_as_unavailable
from chat_tasks.storage.thresholds import read_thresholds
from chat_tasks.storage.writer import RowWriter
from chat_tasks.worker.append import Appender
from chat_tasks.worker.known_seal import KnownSeal
from chat_tasks.worker.latest import LatestMessages


@dataclass(frozen=True, slots=True)
class WorkerResources:
    """The connections and the storage that the tasks of one worker process share.

    `worker_resources` makes them once in each process, in the thread of its first call, and keeps them until the
    process ends. A worker process works on one task at a time, so nothing here is locked. Invariant: the stored
    settings agreed with the process's settings when the resources were made. If they cannot be made, nothing is kept,
    and the next task tries again.
    """

    known_seal: KnownSeal
    redis: Redis
    appender: Appender
    latest: LatestMessages


def worker_resources() -> WorkerResources:
    """The resources of this process.

    Raises `DependencyUnavailable`, and `ConfigurationError` if the stored data was made with other settings.
    """
    return _resources_of(os.getpid())


@cache
def _resources_of(_process: int) -> WorkerResources:
    configured = settings()
    session = connect(configured)
    try:
        with failures_as_unavailable():
            check_stored_settings(session, configured)
            known_seal = KnownSeal(session, configured)
            keyspace = configured.cassandra_keyspace
            replica_sets = ReplicaSets(session, keyspace)
            generations = NodeGenerations(session, configured.cassandra_local_datacenter)
            writer = RowWriter(session, keyspace, replica_sets, read_thresholds(session), configured.bucket_size)
            heads = HeadReader(session, keyspace, replica_sets, configured.bucket_size)
            history = HistoryReader(session, keyspace, configured.bucket_size, configured.max_block_bytes)
    except BaseException:
        session.cluster.shutdown()
        raise
    return WorkerResources(
        known_seal=known_seal,
        redis=connect_redis(configured),
        appender=Appender(heads, writer, generations, configured.bucket_size),
        latest=LatestMessages(history, generations, configured.task_bytes),
    )
