"""What is finished, committed, durable and purged."""
