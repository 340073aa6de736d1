"""Which conversations each partition of the log has had, as it is kept in Cassandra."""

from uuid import UUID, uuid4

import pytest
from cassandra.cluster import Session

from chat_tasks.storage.known_conversations import FilterSegment, KnownConversationsTable, StoredConversations
from tests.integration.conftest import Deploy
from tests.integration.test_heads import LOG, conversations, writer_and_reader

pytestmark = pytest.mark.servers

LOG_ID = str(LOG)


@pytest.fixture
def table(deploy: Deploy, cassandra: Session) -> KnownConversationsTable:
    return KnownConversationsTable(cassandra, deploy().settings.cassandra_keyspace)


def test_what_was_saved_is_loaded(table: KnownConversationsTable) -> None:
    large = FilterSegment(524_288, bytes(1_048_576))
    saved = {
        0: StoredConversations(7, 1, {0: FilterSegment(1, b"\x01")}),
        3: StoredConversations(9_000_000, 1_000_000, dict.fromkeys(range(6), large)),
    }
    table.save(LOG_ID, saved)
    nothing = StoredConversations(0, 0, {})
    assert table.load(LOG_ID, [0, 1, 3]) == {0: saved[0], 1: nothing, 3: saved[3]}
    assert table.load(str(uuid4()), [0]) == {0: nothing}


def test_segments_that_have_not_changed_stay(table: KnownConversationsTable) -> None:
    first, second = FilterSegment(2, b"\x01"), FilterSegment(1, b"\x02")
    table.save(LOG_ID, {0: StoredConversations(7, 2, {0: first})})
    table.save(LOG_ID, {0: StoredConversations(8, 3, {1: second})})
    table.save(LOG_ID, {0: StoredConversations(9, 3, {})})
    assert table.load(LOG_ID, [0]) == {0: StoredConversations(9, 3, {0: first, 1: second})}


def test_who_has_lost_the_partition_replaces_nothing_of_its_successors(table: KnownConversationsTable) -> None:
    newer = StoredConversations(8, 2, {0: FilterSegment(2, b"\x03")})
    table.save(LOG_ID, {0: newer})
    table.save(LOG_ID, {0: StoredConversations(7, 1, {0: FilterSegment(1, b"\x01")})})
    assert table.load(LOG_ID, [0]) == {0: newer}


def test_the_first_log_holds_all_conversations_for_good(deploy: Deploy, cassandra: Session) -> None:
    settings = deploy().settings
    for _ in range(2):
        table = KnownConversationsTable(cassandra, settings.cassandra_keyspace)
        assert table.covers(LOG_ID)
        assert not table.covers(str(UUID(int=7))), "an older log's conversations have rows"
        writer, _ = writer_and_reader(cassandra, settings)
        assert writer.write(conversations(LOG)) == {}


def test_messages_that_were_there_before_are_of_no_log(deploy: Deploy, cassandra: Session) -> None:
    settings = deploy().settings
    writer, _ = writer_and_reader(cassandra, settings)
    assert writer.write(conversations(LOG)) == {}
    for _ in range(2):
        assert not KnownConversationsTable(cassandra, settings.cassandra_keyspace).covers(LOG_ID)
