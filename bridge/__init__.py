"""Everything that touches Kafka: ingest, dispatch, and the commands of `chat-tasks`."""
