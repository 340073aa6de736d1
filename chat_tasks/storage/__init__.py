"""Cassandra: the only place that speaks CQL."""
