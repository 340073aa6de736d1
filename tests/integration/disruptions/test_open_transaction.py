"""Transactions of others in an input partition: one that stays open is named, and the markers of all are no lag."""

import pytest
from confluent_kafka import Producer

from bridge.kafka.clients import base_config
from chat_tasks.formats.topics import encode_message
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.integration.test_commands import chat_tasks
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy
from tests.pipeline.lag import lags

pytestmark = pytest.mark.servers


def test_an_open_transaction_is_named_and_when_it_has_ended_no_group_lags(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    of_ingest, of_dispatch = ({"CHAT_HTTP_PORT": str(free_port())} for _ in range(2))
    [ingest] = deployment.start("ingest.1", **of_ingest)
    deployment.start("dispatch.1", **of_dispatch)
    deployment.start("worker.1")
    foreign = Producer({**base_config(settings), "transactional.id": "foreign"})
    foreign.init_transactions()
    foreign.begin_transaction()
    foreign.produce(settings.message_topic, encode_message(some_messages(1, 1, tag="aborted")[0]), partition=1)
    assert foreign.flush(PATIENCE_SECONDS) == 0
    messages = some_messages(300, 20)
    send(settings, messages)

    held_back = (
        f"an open transaction of a producer holds {settings.message_topic}[1] back from offset 0 on, 101 offsets"
    )
    ingest.wait_for_line(held_back)
    health = chat_tasks(deployment, "health", "ingest", **of_ingest)
    assert health.returncode == 0, health.stderr
    assert health.stdout == f"ready\nbut {held_back} by now\n"
    assert chat_tasks(deployment, "health", "dispatch", **of_dispatch).stdout == "ready\n"

    foreign.abort_transaction()
    ingest.wait_for_line(f"{settings.message_topic}[1] is not held back at offset 0 any more")
    read_outputs(settings, messages)

    def lagging() -> dict[object, int]:
        both = {**lags(settings, settings.ingest_group), **lags(settings, settings.dispatch_group)}
        return {partition: lag for partition, lag in both.items() if lag}

    assert wait_until(lambda: lagging() == {}, PATIENCE_SECONDS), lagging()
    # A successor begins behind the markers.
    ingest.stop()
    deployment.start("ingest.1")
    more = some_messages(30, 20, seed=1)
    send(settings, more)
    read_outputs(settings, [*messages, *more])
