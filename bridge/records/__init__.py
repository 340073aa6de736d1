"""The formats of our records in Kafka: what the log and `dead_letter` hold, and what is accepted."""
