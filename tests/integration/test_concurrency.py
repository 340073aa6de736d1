"""A worker gets and loses processes while it runs, as Flower and `celery control` do it."""

import pytest
from cassandra.cluster import Session

from chat_tasks.worker.remote_control.control import control_app
from stack.pipeline.worker_pool import has_processes, resize
from tests.pipeline.conversation import assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_processes_come_and_go_and_every_message_is_in_order(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "prefork.1")
    settings = deployment.settings
    messages = [some_messages(2_000, 40, seed=seed) for seed in range(3)]
    with control_app(settings) as app:
        assert has_processes(app, 2)
        send(settings, messages[0])
        assert resize(app, 4)
        send(settings, messages[1])
        read_outputs(settings, messages[0] + messages[1])
        # A process that is at work cannot be taken away.
        assert resize(app, 1)
        send(settings, messages[2])
    everything = [message for some in messages for message in some]
    assert_rows_match(cassandra, settings, read_outputs(settings, everything))
