"""The loop that ingest and dispatch share: consume, work, produce, commit."""
