"""Rows that an operator deletes: numbers go on after them, or the conversation is quarantined; none is given twice."""

import json

import pytest
from cassandra.cluster import Session

from bridge.commands.latest import request_latest
from chat_tasks.conversation.records import Chatter
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from stack.waiting import wait_until
from tests.integration.test_commands import chat_tasks
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

BUCKET_SIZE = 4
LENGTH = 10
DELETED = {
    "oldest": ["messages WHERE conversation_key = 'oldest' AND bucket = 0"],
    "older": ["messages WHERE conversation_key = 'older' AND bucket IN (0, 1)"],
    "end": ["messages WHERE conversation_key = 'end' AND bucket = 0 AND seq IN (2, 3)"],
    "middle": ["messages WHERE conversation_key = 'middle' AND bucket = 1 AND seq = 5"],
    "pointers": ["conversation_buckets WHERE conversation_key = 'pointers'"],
    "newest": ["messages WHERE conversation_key = 'newest' AND bucket = 2"],
    "all": ["messages WHERE conversation_key = 'all' AND bucket IN (0, 1, 2)"],
    "short": ["messages WHERE conversation_key = 'short' AND bucket = 0"],
}
LENGTHS = {"short": 2}
COLUMNS = {
    "texts": ["body FROM {}.messages WHERE conversation_key = 'texts' AND bucket = 2 AND seq = 9"],
    "senders": ["sender, recipients FROM {}.messages WHERE conversation_key = 'senders' AND bucket = 0 AND seq = 3"],
}
LEFT = {
    "oldest": range(4, LENGTH),
    "older": range(8, LENGTH),
    "end": (0, 1, *range(4, LENGTH)),
    "middle": (*range(5), *range(6, LENGTH)),
    "pointers": range(LENGTH),
    "texts": range(LENGTH),
    "senders": range(LENGTH),
}


def messages_of(key: str, numbers: range) -> list[InstantMessage]:
    return [
        InstantMessage(conversationKey=key, sender="bob", recipients=["ann"], body=f"message {number}")
        for number in numbers
    ]


def latest(settings: Settings, key: str, before: int | None = None) -> list[Chatter]:
    return request_latest(settings, key, 100, before, PATIENCE_SECONDS)


def shown(settings: Settings, before: int | None = None) -> dict[str, list[int]]:
    """The numbers in the block of each conversation that goes on."""
    return {key: [number for *_, number in latest(settings, key, before)] for key in LEFT}


def test_whatever_is_deleted_no_number_is_given_twice_and_all_that_is_left_is_shown(
    deploy: Deploy, cassandra: Session
) -> None:
    deployment = deploy(bucket_size=BUCKET_SIZE)
    settings = deployment.settings
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = [one for key in (*DELETED, *COLUMNS) for one in messages_of(key, range(LENGTHS.get(key, LENGTH)))]
    send(settings, messages, keyed=True)
    read_outputs(settings, messages)

    for tables in DELETED.values():
        for table in tables:
            cassandra.execute(f"DELETE FROM {settings.cassandra_keyspace}.{table}")
    for columns in COLUMNS.values():
        for column in columns:
            cassandra.execute(f"DELETE {column.format(settings.cassandra_keyspace)}")
    # Dispatch learns once a second what is published.
    assert wait_until(lambda: shown(settings) == {key: [*left] for key, left in LEFT.items()}, PATIENCE_SECONDS)
    assert shown(settings, 6) == {key: [number for number in left if number < 6] for key, left in LEFT.items()}
    assert latest(settings, "texts")[-1] == ("bob", "", 9)
    assert latest(settings, "senders")[3] == ("", "message 3", 3)

    dispatch.stop()
    deployment.start("dispatch.1")
    more = [one for key in LEFT for one in messages_of(key, range(LENGTH, LENGTH + 1))]
    lost = [one for key in DELETED.keys() - LEFT.keys() for one in messages_of(key, range(LENGTH, LENGTH + 1))]
    send(settings, [*more, *lost])
    read_outputs(settings, [*messages, *more])
    assert shown(settings) == {key: [*left, LENGTH] for key, left in LEFT.items()}

    def reasons() -> dict[str, str]:
        found = json.loads(chat_tasks(deployment, "quarantine", "show", "--json").stdout)
        return {one["conversationKey"]: one["reason"] for one in found}

    assert wait_until(lambda: len(reasons()) == 3, PATIENCE_SECONDS, interval=0.3)
    assert reasons() == {
        "newest": "row 8 was written and is gone; the newest row left is 7",
        "all": "row 8 was written and is gone; the newest row left is -1",
        "short": "row 0 was written and is gone; the newest row left is -1",
    }
