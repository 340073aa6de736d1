"""Processes that honcho starts: they end with it, and some run beside the pipeline, which their end does not touch."""
