"""A worker gets and loses processes while it runs, as Flower and `celery control` do it."""

import pytest
from cassandra.cluster import Session
from celery import Celery

from stack.waiting import wait_until
from tests.integration.conftest import Deploy
from tests.integration.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send, some_messages

pytestmark = pytest.mark.servers

ANSWER_SECONDS = 20.0


def has_processes(app: Celery, number: int) -> bool:
    """Whether the worker comes to have so many: it is asked at once, and takes its time."""

    def has() -> bool:
        stats = app.control.inspect(timeout=ANSWER_SECONDS, limit=1).stats() or {}
        return [len(one["pool"]["processes"]) for one in stats.values()] == [number]

    return wait_until(has, PATIENCE_SECONDS, interval=0.3)


def test_processes_come_and_go_and_every_message_is_in_order(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "prefork.1")
    settings = deployment.settings
    messages = [some_messages(2_000, 40, seed=seed) for seed in range(3)]
    with Celery(broker=settings.redis_url) as app:
        assert has_processes(app, 2)
        send(settings, messages[0])
        app.control.pool_grow(2, reply=True, timeout=ANSWER_SECONDS, limit=1)
        assert has_processes(app, 4)
        send(settings, messages[1])
        read_outputs(settings, messages[0] + messages[1])
        # A process that is at work cannot be taken away.
        app.control.pool_shrink(3, reply=True, timeout=ANSWER_SECONDS, limit=1)
        assert has_processes(app, 1)
        send(settings, messages[2])
    everything = [message for some in messages for message in some]
    assert_rows_match(cassandra, settings, read_outputs(settings, everything))
