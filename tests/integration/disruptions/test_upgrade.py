"""Two versions side by side, while one replaces the other: what a process does not know it leaves to those who do."""

import sys
import threading

import pytest
from cassandra.cluster import Session

from tests.pipeline.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

NEWER = (sys.executable, "-m", "tests.integration.disruptions.newer")


def test_an_older_worker_leaves_newer_tasks_to_a_newer_one(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    older, _ = deployment.start("worker.1", "ingest.1")
    deployment.start("dispatch.2", launcher=NEWER)
    messages = some_messages(2000, 50)
    sending = threading.Thread(target=send, args=(deployment.settings, messages))
    sending.start()
    older.wait_for_line("a task was not started: append task of version 3 is not supported")

    newer, _ = deployment.start("worker.2", "dispatch.1", launcher=NEWER)
    sending.join()
    outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)
    assert "a task was not started" not in newer.log


def test_an_older_dispatcher_leaves_the_partitions_of_a_newer_one_alone(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(session_timeout=6)
    [newer, *_] = deployment.start("dispatch.1", "worker.1", "ingest.1", launcher=NEWER)
    messages = some_messages(1000, 50)
    send(deployment.settings, messages)
    read_outputs(deployment.settings, messages)
    newer.stop()

    older = deployment.spawn("dispatch.1")
    older.wait_for_line("metadata of version '3', this process knows '2': run the version that wrote them")
    assert older.popen.wait(PATIENCE_SECONDS) == 2
    more = some_messages(1000, 50, seed=1)
    send(deployment.settings, more)
    deployment.start("dispatch.1", launcher=NEWER)
    outputs = read_outputs(deployment.settings, [*messages, *more])
    assert_rows_match(cassandra, deployment.settings, outputs)
