"""The end of the road: which offsets are finished, committed, durable and purged."""
