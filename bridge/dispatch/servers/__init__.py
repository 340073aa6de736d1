"""Blocking calls to Cassandra and to the administration of Kafka, and the threads that they run in."""
