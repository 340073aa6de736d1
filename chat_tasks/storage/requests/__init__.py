"""How requests reach Cassandra: many at once, each at the first replica of its rows, rows in batches."""
