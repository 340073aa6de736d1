"""The Celery application."""

import os
import subprocess
import sys

SHOW = """
from chat_tasks.celery_app import app
print(app.connection_for_read().as_uri(), app.connection_for_write().as_uri())
"""


def test_tasks_have_the_redis_that_locks_and_replies_have() -> None:
    """Celery has variables of its own for its broker, which come before what an application says."""
    elsewhere = dict.fromkeys(
        ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"), "redis://127.0.0.2:1/7"
    )
    environment = {**os.environ, **elsewhere, "CHAT_REDIS_URL": "redis://127.0.0.1:1234/5"}
    done = subprocess.run((sys.executable, "-c", SHOW), env=environment, capture_output=True, text=True, check=False)
    addresses = [address.rpartition("@")[2] for address in done.stdout.split()]
    assert addresses == ["127.0.0.1:1234/5"] * 2, done.stderr
