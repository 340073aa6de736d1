"""Which partition and which queue a conversation belongs to.

Both come from one 64-bit hash (XXH64, seed 0). The hash decides where stored data is, so it may never change. The queue
uses the upper half and partitions the lower half, so that a partition's conversations spread over all queues.
"""

import xxhash


def conversation_hash(conversation_key: bytes) -> int:
    """XXH64 of the key's UTF-8 bytes."""
    return xxhash.xxh64_intdigest(conversation_key)


def partition_of(conversation_key: bytes, partitions: int) -> int:
    """The partition, in a topic of that many, that holds the whole conversation."""
    return (conversation_hash(conversation_key) & 0xFFFFFFFF) % partitions


def queue_of(conversation_key: bytes, queues: int) -> int:
    """The number of the Celery queue that serves the conversation."""
    return (conversation_hash(conversation_key) >> 32) % queues


def queue_name(prefix: str, queue: int) -> str:
    """The name of the Celery queue with this number: `chat.00`, `chat.01`, … if `prefix` is `chat`."""
    return f"{prefix}.{queue:02d}"
