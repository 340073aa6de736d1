"""Cassandra: the only package that speaks CQL."""
