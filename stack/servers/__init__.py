"""Kafka, Cassandra and Redis: how each is configured, started and asked whether it answers, alone and as a cluster."""
