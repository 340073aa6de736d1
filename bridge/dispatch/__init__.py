"""From `conversation_log` to the workers, and from their replies to the output topics."""
