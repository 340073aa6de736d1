"""Celery's remote control: what a worker answers when it is asked what it is, or told how many processes to have."""
