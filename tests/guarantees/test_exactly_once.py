"""Exactly once: a valid message becomes one row in Cassandra and one record of the output, whatever is killed."""

import pytest
from cassandra.cluster import Session

from tests.pipeline.conversation import assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_each_message_is_one_row_and_one_output(deploy: Deploy, cassandra: Session) -> None:
    pipeline = deploy()
    pipeline.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(100, 10)
    send(pipeline.settings, messages)
    assert_rows_match(cassandra, pipeline.settings, read_outputs(pipeline.settings, messages))


def test_nor_is_it_more_or_less_if_every_process_is_killed(deploy: Deploy, cassandra: Session) -> None:
    pipeline = deploy()
    rounds = [some_messages(500, 20, seed=seed) for seed in range(3)]
    for messages in rounds:
        processes = pipeline.start("ingest.1", "dispatch.1", "worker.1")
        send(pipeline.settings, messages)
        if messages is not rounds[-1]:
            for process in processes:
                process.kill()
    everything = [message for messages in rounds for message in messages]
    assert_rows_match(cassandra, pipeline.settings, read_outputs(pipeline.settings, everything))
