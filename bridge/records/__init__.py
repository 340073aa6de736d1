"""The formats of our records in Kafka: the records of the log and of `dead_letter`, and which inputs are accepted."""
