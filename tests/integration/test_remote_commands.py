"""Celery's remote commands hold nothing up: a worker refuses what would, says so, and works on."""

import pytest
from cassandra.cluster import Session

from chat_tasks.worker.remote_control.control import control_app
from stack.pipeline.worker_pool import has_processes
from tests.pipeline.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

APPEND = "chat_tasks.append_messages"
REFUSED = {
    "cancel_consumer": {"queue": "chat.00"},
    "add_consumer": {"queue": "elsewhere", "exchange": "elsewhere", "exchange_type": "topic"},
    "rate_limit": {"task_name": APPEND, "rate_limit": "1/h"},
    "time_limit": {"task_name": APPEND, "soft": 0.001, "hard": 0.002},
    "pool_shrink": {"n": 2},
    "pool_restart": {},
    "autoscale": {"max": 1, "min": 0},
}
TAKEN = {"disable_events": {}, "enable_events": {}, "election": {"id": "1", "topic": "none"}, "pool_grow": {"n": "?"}}


def test_commands_that_would_stop_tasks_are_refused(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    settings = deployment.settings
    _, dispatch, worker = deployment.start("ingest.1", "dispatch.1", "prefork.1")
    with control_app(settings) as app:
        for command, arguments in {**REFUSED, **TAKEN}.items():
            [answers] = app.control.broadcast(command, arguments, reply=True, timeout=PATIENCE_SECONDS, limit=1)
            [answer] = answers.values()
            if command in REFUSED:
                assert answer["error"].startswith("refused: ")
                assert f"the remote command {command} is refused: " in worker.log
        assert has_processes(app, 2)
        messages = some_messages(1_000, 40)
        send(settings, messages)
        assert_rows_match(cassandra, settings, read_outputs(settings, messages))
    assert "no worker takes tasks" not in dispatch.log
