"""What verify finds between the rows and what was published."""

from typing import Any
from uuid import uuid4

import orjson
import pytest
from cassandra.cluster import Session

from bridge.commands.tail import follow_conversation
from bridge.commands.verify.comparison import Kind
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import InvalidRecord
from chat_tasks.formats.topics import InstantMessage, encode_message, with_sequence
from stack.pipeline.sender import new_sender
from tests.integration.test_commands import chat_tasks
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send
from tests.pipeline.deployment import Deploy, Deployment

pytestmark = pytest.mark.servers

MESSAGES = 9


def verified(deployment: Deployment, *keys: str) -> tuple[int, list[tuple[str, str, int, int]], dict[str, int]]:
    """The exit code, the anomalies, and the counts that are not 0."""
    ended = chat_tasks(deployment, "verify", "--json", *keys)
    assert ended.stderr == ""
    *found, counts = [orjson.loads(line) for line in ended.stdout.splitlines()]
    return ended.returncode, sorted(map(as_tuple, found)), {name: number for name, number in counts.items() if number}


def as_tuple(found: dict[str, Any]) -> tuple[str, str, int, int]:
    return found["kind"], found["conversationKey"], found["first"], found["last"]


def message(key: str, number: int) -> InstantMessage:
    return InstantMessage(conversationKey=key, sender="bob", recipients=["ann"], body=f"{key} {number}")


def test_each_anomaly_is_named_and_an_erased_message_is_none(deploy: Deploy, cassandra: Session) -> None:
    # Rows of a conversation lie in three buckets.
    deployment = deploy(bucket_size=4)
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    keys = ["fine", "erased", "old", "gone", "lost", "changed", "more", "twice", "skipped"]
    messages = [message(key, number) for key in keys for number in range(MESSAGES)]
    send(settings, messages, keyed=True)
    read_outputs(settings, messages)
    every = {"messages": MESSAGES * len(keys), "conversations": len(keys)}
    assert verified(deployment) == (0, [], every)

    table = f"{settings.cassandra_keyspace}.messages"
    row = "WHERE conversation_key = %s AND bucket = %s AND seq = %s"
    cassandra.execute(f"UPDATE {table} SET recipients = [], body = '' {row}", ("erased", 1, 5))
    cassandra.execute(f"DELETE FROM {table} WHERE conversation_key = %s AND bucket = %s", ("old", 0))
    cassandra.execute(f"DELETE FROM {table} {row}", ("old", 1, 4))
    for number in (7, 8):
        cassandra.execute(f"DELETE FROM {table} {row}", ("lost", number // 4, number))
    for bucket in range(3):
        cassandra.execute(f"DELETE FROM {table} WHERE conversation_key = %s AND bucket = %s", ("gone", bucket))
    cassandra.execute(f"UPDATE {table} SET sender = 'eve' {row}", ("changed", 0, 2))
    stored = cassandra.execute(f"SELECT * FROM {table} {row}", ("more", 2, 8)).one()
    insert = (
        f"INSERT INTO {table} (conversation_key, bucket, seq, log_id, log_offset, body) VALUES (%s, %s, %s, %s, %s, '')"
    )
    cassandra.execute(insert, ("more", 2, 9, stored.log_id, stored.log_offset))
    cassandra.execute(insert, ("more", 2, 10, stored.log_id, 2**60))
    cassandra.execute(insert, ("imported", 0, 0, uuid4(), 0))
    publish(deployment, message("twice", 4), 4)
    publish(deployment, message("skipped", 11), 11)

    code, found, counts = verified(deployment)
    assert code == 1
    assert found == sorted(
        [
            (Kind.MISSING, "gone", 0, 3),
            (Kind.MISSING, "gone", 4, 7),
            (Kind.MISSING, "gone", 8, 8),
            (Kind.MISSING, "lost", 7, 7),
            (Kind.MISSING, "lost", 8, 8),
            (Kind.CHANGED, "changed", 2, 2),
            (Kind.EXTRA, "more", 9, 9),
            (Kind.DOUBLED, "twice", 4, 4),
            (Kind.GAP, "skipped", 9, 10),
            (Kind.MISSING, "skipped", 11, 11),
        ]
    )
    others = {"anomalies": len(found), "erased": 1, "deleted": 5, "waiting": 1, "not_compared": 1}
    assert counts == {**every, "messages": every["messages"] + 2, **others}
    assert verified(deployment, "fine", "erased") == (0, [], {"messages": 18, "conversations": 2, "erased": 1})
    shown = chat_tasks(deployment, "verify", "lost").stdout.splitlines()
    assert shown[:2] == ['missing: conversation "lost", number 7', 'missing: conversation "lost", number 8']
    assert shown[2].startswith("9 messages, 1 conversations, 2 anomalies, ")


def publish(deployment: Deployment, published: InstantMessage, number: int) -> None:
    """Put a message into the output topic by hand."""
    settings, key = deployment.settings, published.conversationKey.encode()
    producer = new_sender(settings)
    value = with_sequence(encode_message(published), number)
    partition = partition_of(key, settings.topic_partitions)
    producer.produce(settings.output_topic, value, key=key, partition=partition)
    assert producer.flush(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("value", [b"hello", b'{"conversationKey":"abc","conversationMsgSeq":0}', b"", None])
def test_a_record_that_is_no_message_is_named_in_one_line(deploy: Deploy, value: bytes | None) -> None:
    deployment = deploy()
    settings = deployment.settings
    partition = partition_of(b"abc", settings.topic_partitions)
    where = f"{settings.output_topic}[{partition}] 0 is no message of this pipeline: "
    following = follow_conversation(settings, "abc")
    assert next(following) == []
    producer = new_sender(settings)
    producer.produce(settings.output_topic, value, key=b"abc", partition=partition)
    assert producer.flush(PATIENCE_SECONDS) == 0
    with pytest.raises(InvalidRecord) as caught:
        list(following)
    assert str(caught.value).startswith(where)
    ended = chat_tasks(deployment, "verify")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith(f"chat-tasks: {where}")
