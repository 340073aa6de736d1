"""What a conversation is: numbers, rows, buckets, queues. Pure, without I/O."""
