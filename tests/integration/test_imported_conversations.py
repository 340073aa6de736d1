"""Conversations of another origin are put into Cassandra at any time, and their numbers go on."""

import json
from uuid import uuid4

import pytest
from cassandra.cluster import Session

from bridge.commands.latest import request_latest
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, read_topic, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

BUCKET_SIZE = 4


@pytest.mark.parametrize("imported", [1, 4, 9])
def test_numbers_of_an_imported_conversation_go_on(deploy: Deploy, cassandra: Session, imported: int) -> None:
    """Also where it comes while the pipeline runs, and fills its last bucket."""
    deployment = deploy(bucket_size=BUCKET_SIZE)
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    others = some_messages(50, 10, tag="others")
    send(settings, others)
    read_outputs(settings, others)

    keyspace, origin = settings.cassandra_keyspace, uuid4()
    for sequence in range(imported):
        bucket = sequence // BUCKET_SIZE
        if bucket:
            cassandra.execute(
                f"INSERT INTO {keyspace}.conversation_buckets (conversation_key, bucket) VALUES (%s, %s)",
                ("imported-0", bucket),
            )
        cassandra.execute(
            f"INSERT INTO {keyspace}.messages (conversation_key, bucket, seq, sender, recipients, body, log_id, "
            "log_offset, sent_at) VALUES (%s, %s, %s, 'bob', ['ann'], %s, %s, %s, toTimestamp(now()))",
            ("imported-0", bucket, sequence, f"old {sequence}", origin, sequence),
        )
    messages = some_messages(6, 1, tag="imported")
    send(settings, messages)

    outputs = [json.loads(one.value()) for one in read_topic(settings, settings.output_topic, 50 + 6)]
    numbers = [one["conversationMsgSeq"] for one in outputs if one["conversationKey"] == "imported-0"]
    assert numbers == list(range(imported, imported + 6))
    block = request_latest(settings, "imported-0", 100, None, PATIENCE_SECONDS)
    assert [sequence for _, _, sequence in block] == list(range(imported + 6))
    assert [body for _, body, _ in block[:imported]] == [f"old {sequence}" for sequence in range(imported)]
