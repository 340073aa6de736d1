"""Consume, work, produce, commit: the loop that ingest and dispatch share."""
