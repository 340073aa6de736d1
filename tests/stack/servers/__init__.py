"""Tests of Kafka, Cassandra and Redis as they are started here."""
