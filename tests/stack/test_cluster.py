"""Three brokers and three Cassandra nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from stack.cassandra_ring import session_on
from stack.cluster import Cluster

if TYPE_CHECKING:
    from pathlib import Path

KEYSPACE = "CREATE KEYSPACE kept WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 3}"


@pytest.mark.servers
def test_a_cluster_takes_writes_without_one_broker_and_one_node(tmp_path: Path) -> None:
    cluster = Cluster.for_tests(tmp_path)
    seed = cluster.cassandra[0]
    with cluster, session_on(seed.host, seed.port) as session:
        assert all(server.answers() for server in cluster.all)
        config: dict[str, str | int | float | bool] = {"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0}
        admin = AdminClient(config)
        admin.create_topics([NewTopic("kept", 3)])["kept"].result(timeout=30)
        partitions = admin.list_topics("kept", timeout=30).topics["kept"].partitions.values()
        assert [sorted(partition.replicas) for partition in partitions] == [[1, 2, 3]] * 3
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
