"""Blocking calls to Cassandra and to the administration of Kafka."""
