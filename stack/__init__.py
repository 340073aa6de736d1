"""Kafka, Cassandra and Redis as plain local processes, for development and tests.

Nothing here is needed in production: the servers come as jars from Maven and listen on loopback addresses only.
"""
