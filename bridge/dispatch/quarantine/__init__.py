"""The quarantine of conversations that cannot be written, and their release."""
