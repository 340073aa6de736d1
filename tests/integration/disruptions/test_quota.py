"""A quota makes the bridges slow, and nothing else: no loop starts again and again for it."""

import random

import pytest
from cassandra.cluster import Session

from chat_tasks.formats.topics import InstantMessage
from stack.servers.one_of_each import Servers
from tests.pipeline.conversation import assert_rows_match, read_outputs, send
from tests.pipeline.deployment import Deploy
from tests.pipeline.quota import quota

pytestmark = pytest.mark.servers

BYTES_PER_SECOND = 20_000
# Kafka lets a burst of ten seconds through before a quota holds anything back.
MESSAGES = 450
BATCH = 150


@pytest.mark.parametrize("client", ["producer", "consumer"])
def test_under_a_quota_all_comes_out_steadily(
    deploy: Deploy, servers: Servers, cassandra: Session, client: str
) -> None:
    deployment = deploy()
    random_ = random.Random(1)
    # What a hot conversation has waiting is in one batch, and goes through in pieces.
    conversations = 1 if client == "producer" else 50
    messages = [
        InstantMessage(
            conversationKey=f"c{number % conversations}", sender="ann", recipients=[], body=random_.randbytes(500).hex()
        )
        for number in range(MESSAGES)
    ]
    # Kafka never delivers a batch that is larger than what the quota lets through in ten seconds.
    for first in range(0, MESSAGES, BATCH):
        send(deployment.settings, messages[first : first + BATCH])
    with quota(servers.kafka, ("ingest.1", "dispatch.1"), **{f"{client}_byte_rate": BYTES_PER_SECOND}):
        ingest, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
        outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)
    for process in (ingest, dispatch):
        # The first transactions of a process may be too large for a quota that it does not know yet. Each time-out
        # halves the next one; a process that does not learn starts again every ten seconds.
        assert process.log.count("starting again") <= 3
    assert f"Kafka holds the {client} back for " in ingest.log
