"""Talking to one node of Cassandra, and whether it has found its neighbours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cassandra import ConsistencyLevel, ProtocolVersion
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import FallthroughRetryPolicy, WhiteListRoundRobinPolicy

from chat_tasks.storage.session import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 60.0

# A keyspace that every Cassandra has, with three replicas.
_READ = "SELECT keyspace_name FROM system_distributed.view_build_status WHERE keyspace_name = '' AND view_name = ''"


@contextmanager
def session_on(host: str, port: int, consistency: int = ConsistencyLevel.QUORUM) -> Iterator[Any]:
    """A session of the driver that asks the node at `host` only. Raises what the driver raises."""
    profile = ExecutionProfile(
        load_balancing_policy=WhiteListRoundRobinPolicy([host]),
        retry_policy=FallthroughRetryPolicy(),
        consistency_level=consistency,
        request_timeout=_SECONDS,
    )
    with (
        Cluster(
            [host],
            port=port,
            protocol_version=ProtocolVersion.V5,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            # A node that is only slow must not be taken for dead by a heartbeat.
            idle_heartbeat_interval=0,
        ) as cluster,
        cluster.connect() as session,
    ):
        yield session


def sees_three_replicas(host: str, port: int) -> bool:
    """Whether the node at `host` can read from all three replicas: it knows every other node, and takes it to be up.

    A node answers its clients before that, and a schema changed then reaches only those it knows.
    """
    try:
        with session_on(host, port, ConsistencyLevel.ALL) as session:
            session.execute(_READ)
    except FAILURES:
        return False
    return True
