"""Kafka, Cassandra and Redis as plain local processes, for development and tests.

Nothing here is needed in production. The servers come as pinned jars and as Python packages, and listen on loopback
addresses only.
"""
