"""The conversation: its numbers, rows, buckets and queue. Pure functions and classes, without I/O."""
