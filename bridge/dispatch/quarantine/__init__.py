"""Conversations that cannot be written, and their way back."""
