"""The log decides everything: replayed from its beginning it gives the same rows and the same outputs."""

from collections.abc import Callable
from typing import Any

import pytest
from cassandra.cluster import Session
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from bridge.kafka.clients import base_config
from bridge.kafka.transaction import OWN_METADATA
from chat_tasks.settings import Settings
from chat_tasks.storage.erasure import RowEraser
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, read_topic, send, some_messages, stored_rows
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def keep_rows(session: Session, settings: Settings) -> None:
    """Every row is there already."""


def lose_all_rows(session: Session, settings: Settings) -> None:
    """Everything."""
    session.execute(f"TRUNCATE {settings.cassandra_keyspace}.messages")
    session.execute(f"TRUNCATE {settings.cassandra_keyspace}.conversation_buckets")


def keep_parts_of_rows(session: Session, settings: Settings) -> None:
    """As if a read of the latest messages had repaired the newest row of each conversation, and then nobody had it."""
    table = f"{settings.cassandra_keyspace}.messages"
    newest = session.execute(
        "SELECT conversation_key, bucket, seq, sender, recipients, body, writetime(body) AS written "
        f"FROM {table} PER PARTITION LIMIT 1"
    ).all()
    session.execute(f"TRUNCATE {table}")
    for row in newest:
        if row.seq is None:
            # A horizon, which has no row.
            continue
        session.execute(
            f"UPDATE {table} USING TIMESTAMP %s SET sender = %s, recipients = %s, body = %s "
            "WHERE conversation_key = %s AND bucket = %s AND seq = %s",
            (row.written, row.sender, row.recipients, row.body, row.conversation_key, row.bucket, row.seq),
        )


def erase_rows(session: Session, settings: Settings) -> None:
    """The oldest row of each conversation, and by hand the sender and the recipients of the newest."""
    table = f"{settings.cassandra_keyspace}.messages"
    eraser = RowEraser(session, settings.cassandra_keyspace, settings.bucket_size)
    for key, rows in stored_rows(session, settings).items():
        [found] = eraser.rows_with(key, [0])
        eraser.blank(key, found)
        session.execute(
            f"DELETE sender, recipients FROM {table} WHERE conversation_key = %s AND bucket = %s AND seq = %s",
            (key, rows[-1].bucket, rows[-1].seq),
        )


@pytest.mark.parametrize("lose", [keep_rows, lose_all_rows, keep_parts_of_rows, erase_rows])
def test_the_log_replayed_from_its_beginning_gives_the_same_rows(
    deploy: Deploy, cassandra: Session, lose: Callable[[Session, Settings], None]
) -> None:
    deployment = deploy(bucket_size=7)
    settings = deployment.settings
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(500, 12)
    send(settings, messages)
    outputs = read_outputs(settings, messages)
    rows = stored_rows(cassandra, settings)
    dispatch.stop()

    lose(cassandra, settings)
    if lose is erase_rows:
        # Nothing of a text comes back.
        rows = stored_rows(cassandra, settings)
        assert all((mine[0].body, mine[0].recipients, mine[-1].sender) == ("", [], None) for mine in rows.values())
    rewind(settings)
    deployment.start("dispatch.1")

    again: dict[str, list[Any]] = {key: [] for key in outputs}
    for record in read_topic(settings, settings.output_topic, 2 * len(messages)):
        again[record.key().decode()].append(record.value())
    assert again == {key: values * 2 for key, values in outputs.items()}
    assert stored_rows(cassandra, settings) == rows


def rewind(settings: Settings) -> None:
    """As if dispatch had never run since `init`, whose commits are marked as ours."""
    consumer = Consumer({**base_config(settings), "group.id": settings.dispatch_group})
    partitions = [
        TopicPartition(settings.log_topic, number, 0, OWN_METADATA) for number in range(settings.log_partitions)
    ]

    def commit() -> bool:
        # A static member that has stopped stays in the group until its session times out.
        try:
            consumer.commit(offsets=partitions, asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_MEMBER_ID:
                raise
            return False
        return True

    assert wait_until(commit, PATIENCE_SECONDS)
    consumer.close()
