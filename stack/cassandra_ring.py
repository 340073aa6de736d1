"""Whether the nodes of a Cassandra cluster have found each other."""

from __future__ import annotations

from cassandra import ConsistencyLevel, DriverException, ProtocolVersion
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.policies import FallthroughRetryPolicy, WhiteListRoundRobinPolicy

# A keyspace that every Cassandra has, with three replicas.
_READ = "SELECT keyspace_name FROM system_distributed.view_build_status WHERE keyspace_name = '' AND view_name = ''"


def sees_three_replicas(host: str, port: int) -> bool:
    """Whether the node at `host` can read from all three replicas: it knows every other node, and holds it for up.

    A node answers its clients before that, and a schema changed then reaches only those it knows.
    """
    profile = ExecutionProfile(
        load_balancing_policy=WhiteListRoundRobinPolicy([host]),
        retry_policy=FallthroughRetryPolicy(),
        consistency_level=ConsistencyLevel.ALL,
    )
    try:
        with (
            Cluster(
                [host],
                port=port,
                protocol_version=ProtocolVersion.V5,
                execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            ) as cluster,
            cluster.connect() as session,
        ):
            session.execute(_READ)
    except (NoHostAvailable, DriverException):
        return False
    return True
