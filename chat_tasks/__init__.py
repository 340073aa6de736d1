"""The domain and the workers: what a conversation is, how its numbers are allocated, where its rows go.

Nothing here knows of Kafka; `bridge` does.
"""
