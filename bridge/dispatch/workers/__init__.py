"""Tasks on their way out through Redis, and replies on their way in."""
