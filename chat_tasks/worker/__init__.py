"""The Celery worker: what it does with a task."""
