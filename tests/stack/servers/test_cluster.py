"""Three brokers and three Cassandra nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from stack.servers.cassandra_ring import session_on
from stack.servers.cluster import Cluster
from stack.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

KEYSPACE = "CREATE KEYSPACE kept WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 3}"


def replicas(admin: AdminClient, topic: str) -> list[list[int]]:
    """As one broker knows them, which hears of a new topic a moment after it is created."""
    partitions = admin.list_topics(topic, timeout=30).topics[topic].partitions.values()
    return [sorted(partition.replicas) for partition in partitions]


@pytest.mark.servers
@pytest.mark.chaos
def test_a_cluster_takes_writes_without_one_broker_and_one_node(tmp_path: Path) -> None:
    cluster = Cluster.for_tests(tmp_path)
    seed = cluster.cassandra[0]
    with cluster, session_on(seed.host, seed.port) as session:
        assert all(server.answers() for server in cluster.all)
        config: dict[str, str | int | float | bool] = {"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}
        admin = AdminClient(config)
        admin.create_topics([NewTopic("kept", 3)])["kept"].result(timeout=30)
        assert wait_until(lambda: replicas(admin, "kept") == [[1, 2, 3]] * 3, timeout=60)
        session.execute(KEYSPACE)
        session.execute("CREATE TABLE kept.words (id int PRIMARY KEY, word text)")

        cluster.kafka[1].kill()
        cluster.cassandra[1].kill()

        producer = Producer(config | {"acks": "all"})
        for partition in range(3):
            producer.produce("kept", b"hello", partition=partition)
        assert producer.flush(60) == 0
        session.execute("INSERT INTO kept.words (id, word) VALUES (1, 'hello')")

        cluster.start()
        assert all(server.answers() for server in cluster.all)
        assert session.execute("SELECT word FROM kept.words WHERE id = 1").one().word == "hello"
