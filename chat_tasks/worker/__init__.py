"""The Celery worker: what it does with a task, and how its processes start, answer and end."""
