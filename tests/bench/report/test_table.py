from bench.report.table import of_servers


def test_each_node_of_a_cluster_is_a_server() -> None:
    used = {"kafka-1": 1.0, "kafka-2": 2.0, "cassandra": 4.0, "redis-tls": 8.0, "worker.1": 16.0, "dispatch": 32.0}
    assert of_servers(used) == 15.0
