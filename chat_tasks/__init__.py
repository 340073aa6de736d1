"""The domain and the workers: what a conversation is, how its numbers are allocated, where its rows are stored.

Nothing in this package knows of Kafka; `bridge` does.
"""
