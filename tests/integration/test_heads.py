"""Heads as a worker reads them, from conversations of every length that matters."""

from uuid import UUID

import pytest
from cassandra.cluster import Session

from chat_tasks.conversation.head_search import Head, check_nothing_deleted
from chat_tasks.conversation.records import NO_HEAD, Row, TaskRecord, Text
from chat_tasks.conversation.sequencer import allocate
from chat_tasks.errors import ConversationConflict
from chat_tasks.settings import Settings
from chat_tasks.storage.heads import HeadReader
from chat_tasks.storage.requests.ring import Ring
from chat_tasks.storage.thresholds import read_thresholds
from chat_tasks.storage.writer import RowWriter
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

BUCKET_SIZE = 4
LENGTHS = (0, 1, 3, 4, 5, 8, 9, 11)
LOG, OLDER_LOG = UUID(int=2), UUID(int=1)


def rows_of(key: str, length: int, log_id: UUID = LOG) -> list[Row]:
    """Row `n` comes from offset `n` of the log."""
    records = [TaskRecord(offset, 0, Text("bob", ["ann"], f"message {offset}")) for offset in range(length)]
    return allocate(key, NO_HEAD, records, log_id, BUCKET_SIZE)


def conversations(log_id: UUID) -> dict[str, list[Row]]:
    """One of each length."""
    return {f"c-{length}": rows_of(f"c-{length}", length, log_id) for length in LENGTHS if length}


def writer_and_reader(session: Session, settings: Settings) -> tuple[RowWriter, HeadReader]:
    keyspace = settings.cassandra_keyspace
    ring = Ring(session, keyspace)
    writer = RowWriter(session, keyspace, ring, read_thresholds(session), BUCKET_SIZE)
    return writer, HeadReader(session, keyspace, ring, BUCKET_SIZE)


def sequences(found: dict[str, Head | Exception]) -> dict[str, tuple[int, list[int]]]:
    """Each head, and the numbers of the rows that were found above it."""
    return {
        key: (head.sequence, [row.sequence for row in head.later])
        for key, head in found.items()
        if isinstance(head, Head)
    }


def test_the_newest_row_before_an_offset(deploy: Deploy, cassandra: Session) -> None:
    writer, reader = writer_and_reader(cassandra, deploy(bucket_size=BUCKET_SIZE).settings)
    assert writer.write(conversations(LOG)) == {}

    for offset in range(max(LENGTHS) + 2):
        found = sequences(reader.read(dict.fromkeys((f"c-{length}" for length in LENGTHS), offset), LOG))
        assert found == {
            f"c-{length}": (min(length, offset) - 1, list(range(length - 1, offset - 1, -1))) for length in LENGTHS
        }


def test_more_searches_than_run_at_once(deploy: Deploy, cassandra: Session) -> None:
    writer, reader = writer_and_reader(cassandra, deploy(bucket_size=BUCKET_SIZE).settings)
    keys = [f"c-{number}" for number in range(50)]
    assert writer.write({key: rows_of(key, 9) for key in keys}) == {}

    found = sequences(reader.read({key: number % 9 for number, key in enumerate(keys)}, LOG))
    assert found == {key: (number % 9 - 1, list(range(8, number % 9 - 1, -1))) for number, key in enumerate(keys)}


def test_every_row_of_another_log_lies_before(deploy: Deploy, cassandra: Session) -> None:
    writer, reader = writer_and_reader(cassandra, deploy(bucket_size=BUCKET_SIZE).settings)
    assert (
        writer.write({f"c-{length}": rows_of(f"c-{length}", length, OLDER_LOG) for length in LENGTHS if length}) == {}
    )

    found = sequences(reader.read(dict.fromkeys((f"c-{length}" for length in LENGTHS), 0), LOG))
    assert found == {f"c-{length}": (length - 1, []) for length in LENGTHS}


@pytest.mark.parametrize(("length", "pointer"), [(0, 1), (3, 1), (4, 1), (8, 2)])
def test_a_pointer_to_an_empty_bucket_means_the_one_before(
    deploy: Deploy, cassandra: Session, length: int, pointer: int
) -> None:
    settings = deploy(bucket_size=BUCKET_SIZE).settings
    writer, reader = writer_and_reader(cassandra, settings)
    assert writer.write({"abc123": rows_of("abc123", length)} if length else {}) == {}
    cassandra.execute(
        f"INSERT INTO {settings.cassandra_keyspace}.conversation_buckets (conversation_key, bucket) VALUES (%s, %s)",
        ("abc123", pointer),
    )

    assert sequences(reader.read({"abc123": 100}, LOG)) == {"abc123": (length - 1, [])}


def test_rows_that_were_deleted_are_missed_only_if_they_are_the_newest(deploy: Deploy, cassandra: Session) -> None:
    settings = deploy(bucket_size=BUCKET_SIZE).settings
    writer, reader = writer_and_reader(cassandra, settings)
    deletions = {
        "oldest": ["messages WHERE conversation_key = 'oldest' AND bucket = 0"],
        "all but the newest": ["messages WHERE conversation_key = 'all but the newest' AND bucket IN (0, 1)"],
        "end of the first": ["messages WHERE conversation_key = 'end of the first' AND bucket = 0 AND seq > 1"],
        "pointers": ["conversation_buckets WHERE conversation_key = 'pointers'"],
        "oldest and pointers": [
            "messages WHERE conversation_key = 'oldest and pointers' AND bucket = 0",
            "conversation_buckets WHERE conversation_key = 'oldest and pointers'",
        ],
        "middle": ["messages WHERE conversation_key = 'middle' AND bucket = 1 AND seq = 5"],
        "newest": ["messages WHERE conversation_key = 'newest' AND bucket = 2"],
        "all": ["messages WHERE conversation_key = 'all' AND bucket IN (0, 1, 2)"],
        "short": ["messages WHERE conversation_key = 'short' AND bucket = 0"],
    }
    assert writer.write({key: rows_of(key, 11 if key != "short" else 2) for key in deletions}) == {}
    for tables in deletions.values():
        for table in tables:
            cassandra.execute(f"DELETE FROM {settings.cassandra_keyspace}.{table}")

    def refused(head: Head | Exception) -> bool:
        assert isinstance(head, Head)
        try:
            check_nothing_deleted(head)
        except ConversationConflict:
            return True
        return False

    for offset in (8, 9, 10, 11, 12):
        found = reader.read(dict.fromkeys(deletions, offset), LOG)
        # Row 8 begins a bucket, and what tells so is from before every later record.
        assert {key for key, head in found.items() if refused(head)} == (
            {"newest", "all", "short"} if offset > 8 else {"short"}
        )
        for key in deletions.keys() - {"newest", "all", "short"}:
            assert sequences(found)[key] == (min(11, offset) - 1, list(range(10, offset - 1, -1))), key


@pytest.mark.parametrize("has_log", [True, False])
def test_part_of_a_row_is_no_head_and_nothing_to_compare_with(
    deploy: Deploy, cassandra: Session, *, has_log: bool
) -> None:
    settings = deploy(bucket_size=BUCKET_SIZE).settings
    writer, reader = writer_and_reader(cassandra, settings)
    assert writer.write({"abc123": rows_of("abc123", 2)}) == {}
    cassandra.execute(
        f"INSERT INTO {settings.cassandra_keyspace}.messages (conversation_key, bucket, seq, sender) "
        "VALUES ('abc123', 0, 2, 'bob')"
    )
    if has_log:
        cassandra.execute(
            f"UPDATE {settings.cassandra_keyspace}.messages SET log_id = %s "
            "WHERE conversation_key = 'abc123' AND bucket = 0 AND seq = 2",
            (LOG,),
        )

    assert sequences(reader.read({"abc123": 100}, LOG)) == {"abc123": (1, [])}
