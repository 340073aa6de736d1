"""Tasks on their way out through Redis, replies on their way in, and what both tell of the workers."""
