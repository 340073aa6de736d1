"""Why a loop was started again is counted, for each reason that has no test of its own.

`test_metrics.py` has `start` and `server`, `test_stalls.py` has `stalled`.
"""

import os
import signal
import sys

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config, producer_config
from bridge.kafka.groups import describe_group
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy
from tests.pipeline.scraped import Metrics

pytestmark = pytest.mark.servers


def test_a_second_user_of_the_transactional_id_fences_the_first(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    port = free_port()
    deployment.start("ingest.1", CHAT_HTTP_PORT=str(port))
    deployment.start("dispatch.1", "worker.1")
    ingest = Metrics(port)
    ingest.wait_above(0, "transactions_total", outcome="committed")
    mine = producer_config(settings.model_copy(update={"instance_name": "ingest.1"}), settings.ingest_group)
    Producer(mine).init_transactions(PATIENCE_SECONDS)
    messages = some_messages(30, 5)
    send(settings, messages)
    ingest.wait_equal(1, "loop_starts_total", reason="fenced")
    read_outputs(settings, messages)
    assert ingest.total("loop_starts_total") == 2


def test_a_process_that_stands_still_longer_than_its_session_is_counted_out(deploy: Deploy) -> None:
    # The broker must not end the transaction of the process first: that is another reason.
    deployment = deploy(session_timeout=6, transaction_timeout=300)
    settings = deployment.settings
    port = free_port()
    [process] = deployment.start("ingest.1", CHAT_HTTP_PORT=str(port))
    deployment.start("dispatch.1", "worker.1")
    ingest = Metrics(port)
    # An idle bridge commits every three seconds: right behind a commit none is under way.
    before = ingest.total("transactions_total", outcome="committed")
    ingest.wait_above(before, "transactions_total", outcome="committed")
    admin = AdminClient(base_config(settings))
    os.kill(process.popen.pid, signal.SIGSTOP)
    try:
        gone = wait_until(lambda: not describe_group(admin, settings.ingest_group).members, PATIENCE_SECONDS)
    finally:
        os.kill(process.popen.pid, signal.SIGCONT)
    assert gone
    ingest.wait_equal(1, "loop_starts_total", reason="session")
    messages = some_messages(30, 5)
    send(settings, messages)
    read_outputs(settings, messages)
    assert ingest.total("loop_starts_total") == 2


def test_a_bug_is_counted_and_the_next_loop_goes_on(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    port = free_port()
    launcher = (sys.executable, "-m", "tests.integration.disruptions.stalling", "a_bug")
    [process] = deployment.start("ingest.1", launcher=launcher, CHAT_HTTP_PORT=str(port))
    deployment.start("dispatch.1", "worker.1")
    messages = some_messages(30, 5)
    send(settings, messages)
    ingest = Metrics(port)
    ingest.wait_equal(1, "loop_starts_total", reason="bug")
    read_outputs(settings, messages)
    assert "starting again after a bug" in process.log
    assert ingest.total("loop_starts_total") == 2
    # It has the traceback that this test wants, and no other.
    assert process.log.count("Traceback") == 1
    process.kill()
    process.log_path.write_text("")
