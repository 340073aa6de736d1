"""The bridge from `instant_message_in` to `conversation_log` or `dead_letter`."""
