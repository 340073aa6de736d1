"""From whatever was sent to the log, or to the dead letters."""

import time
from collections import defaultdict
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bridge.ingest.handler import Ingest
from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.transaction import CommittedOffset, Partition, Transaction
from bridge.records.dead_letter_counts import DeadLetterCounts
from chat_tasks.conversation.routing import partition_of
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from tests.bridge.messages import ConsumedMessage

FIRST, SECOND = Partition("instant_message_in", 0), Partition("instant_message_in", 1)
FROM_BOB = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}'


def ingest(**chosen: int) -> Ingest:
    """With both partitions, from their offsets 5 and 0."""
    handler = Ingest(Settings(instance_name="ingest.1", log_partitions=12, **chosen), DeadLetterCounts("dead_letter"))
    assignment = Assignment(1_700, {FIRST: Committed(5, "", 0), SECOND: Committed(0, "", 0)}, None)
    assert handler.assigned(assignment, None) == {FIRST: 5, SECOND: 0}
    return handler


def sent(
    partition: Partition, offset: int, value: bytes | None = FROM_BOB, key: bytes | None = None
) -> ConsumedMessage:
    return ConsumedMessage(*partition, offset, value, key, [("trace", b"t")], sent_at=500)


def transaction_of(handler: Ingest) -> Transaction:
    """The next one."""
    transaction = handler.next_transaction()
    assert transaction is not None
    return transaction


def test_a_valid_message_goes_to_the_log_under_its_conversation() -> None:
    handler = ingest()
    handler.records([sent(FIRST, 5, FROM_BOB.replace(b":", b": "), key=b"the sender's own")])
    transaction = transaction_of(handler)
    [output] = transaction.outputs
    assert (output.topic, output.key, output.value) == ("conversation_log", b"abc123", b"500," + FROM_BOB)
    assert output.partition == partition_of(b"abc123", 12)
    assert output.headers == [("trace", b"t")]
    assert [(one.partition, one.offset) for one in transaction.offsets] == [(FIRST, 6)]


def test_a_transaction_says_since_when_its_oldest_record_is_there() -> None:
    handler = ingest()
    began = time.time_ns()
    handler.records([sent(FIRST, 5)])
    delivered = time.time_ns()
    handler.records([sent(FIRST, 6)])
    first = transaction_of(handler).source
    handler.records([sent(FIRST, 7)])
    second = transaction_of(handler).source
    assert first is not None
    assert second is not None
    assert first.topic == "instant_message_in"
    assert began <= first.since <= delivered <= second.since


def test_an_invalid_one_goes_whole_to_the_dead_letters_with_its_reason() -> None:
    handler = ingest()
    handler.records([sent(FIRST, 5, b"\xff", key=b"mine")])
    [letter] = transaction_of(handler).outputs
    assert (letter.topic, letter.partition, letter.key, letter.value) == ("dead_letter", -1, b"mine", b"\xff")
    headers = dict(letter.headers)
    assert (headers["trace"], headers["chat.sent_at"]) == (b"t", b"500")
    assert headers["__connect.errors.topic"] == b"instant_message_in"
    assert headers["__connect.errors.offset"] == b"5"
    assert headers["__connect.errors.exception.class.name"] == b"InvalidRecord"
    assert (headers["__connect.errors.exception.message"] or b"").startswith(b"value: Invalid JSON")


def test_a_record_without_a_value_is_a_dead_letter_too() -> None:
    handler = ingest()
    handler.records([sent(FIRST, 5, None)])
    assert [output.topic for output in transaction_of(handler).outputs] == ["dead_letter"]


def test_nothing_is_no_transaction() -> None:
    handler = ingest()
    assert handler.next_transaction() is None
    assert handler.is_drained()


def commits_of(handler: Ingest) -> dict[Partition, int]:
    """The offsets of the next transaction."""
    return {one.partition: one.offset for one in transaction_of(handler).offsets}


def test_the_next_transaction_commits_the_ends_of_all_partitions_behind_their_markers() -> None:
    handler = ingest()
    handler.end_reached(SECOND, 3)
    handler.records([sent(FIRST, 5)])
    handler.end_reached(FIRST, 8)
    assert commits_of(handler) == {FIRST: 8, SECOND: 3}
    handler.records([sent(FIRST, 8)])
    assert commits_of(handler) == {FIRST: 9}


def test_markers_without_records_wait_for_a_transaction_that_is_due_anyway() -> None:
    handler = ingest()
    handler.end_reached(FIRST, 8)
    assert handler.next_transaction() is None
    assert not handler.has_work()
    assert list(handler.at_rest()) == [CommittedOffset(FIRST, 8)]
    assert list(handler.at_rest()) == []


def test_what_comes_after_the_revocation_is_left_to_the_new_owner() -> None:
    handler = ingest()
    handler.records([sent(FIRST, 5)])
    handler.revoked()
    handler.records([sent(FIRST, 6)])
    assert handler.next_transaction() is None


def test_records_that_cannot_be_read_are_one_letter_in_the_transaction_that_passes_them_over() -> None:
    handler = ingest()
    handler.records([sent(FIRST, 5)])
    handler.unreadable(UnreadableRecords(FIRST, 6, 1_000_006, "Kafka: _BAD_COMPRESSION: too large"))
    handler.unreadable(UnreadableRecords(Partition("instant_message_in", 2), 0, 7, "of a partition that was revoked"))
    transaction = transaction_of(handler)
    message, letter = transaction.outputs
    assert (message.topic, letter.topic) == ("conversation_log", "dead_letter")
    assert (letter.key, letter.value) == (b"instant_message_in-0-6", None)
    headers = dict(letter.headers)
    assert headers["__connect.errors.exception.message"] == (
        b"instant_message_in[0] cannot be read from offset 6 to 1000005: Kafka: _BAD_COMPRESSION: too large"
    )
    assert [(one.partition, one.offset) for one in transaction.offsets] == [(FIRST, 1_000_006)]
    assert handler.is_drained()


def test_a_full_memory_pauses_all_until_half_of_it_is_free() -> None:
    handler = ingest(records_in_flight=8_000)
    handler.records([sent(FIRST, offset) for offset in range(7_999)])
    assert handler.full() == set()
    handler.records([sent(SECOND, 0)])
    assert handler.full() == {FIRST, SECOND}
    transaction_of(handler)
    assert handler.full() == set()


def test_many_bytes_fill_it_too() -> None:
    handler = ingest(bytes_in_flight=2 * len(FROM_BOB))
    handler.records([sent(FIRST, 5)])
    assert handler.full() == set()
    handler.records([sent(FIRST, 6)])
    assert handler.full() == {FIRST, SECOND}
    transaction_of(handler)
    assert handler.full() == set()


@given(
    st.lists(
        st.tuples(st.sampled_from([FIRST, SECOND]), st.sampled_from(["records", "markers", "end", "commit", "rest"])),
        max_size=40,
    ),
    st.integers(1, 1000),
)
def test_no_offset_moves_back_or_over_a_record_that_waits(steps: list[tuple[Partition, str]], most_bytes: int) -> None:
    handler = ingest()
    ends, waiting = {FIRST: 5, SECOND: 0}, {FIRST: set[int](), SECOND: set[int]()}
    committed = dict(ends)
    for partition, step in [*steps, (FIRST, "end"), (SECOND, "end"), *[(FIRST, "commit")] * 120, (FIRST, "rest")]:
        commits: Sequence[CommittedOffset] = ()
        if step == "records":
            offsets = range(ends[partition], ends[partition] + 3)
            handler.records([sent(partition, offset) for offset in offsets])
            waiting[partition].update(offsets)
            ends[partition] = offsets.stop
        elif step == "markers":
            ends[partition] += 2
        elif step == "end":
            handler.end_reached(partition, ends[partition])
        elif step == "rest" and not handler.has_work():
            commits = handler.at_rest()
        elif step == "commit" and (transaction := handler.next_transaction(most_bytes)) is not None:
            commits = transaction.offsets
            assert transaction.size == sum(len(output.value or b"") for output in transaction.outputs)
            assert transaction.size <= most_bytes or len(transaction.outputs) == 1
        for one in commits:
            assert one.offset >= committed[one.partition]
            committed[one.partition] = one.offset
            waiting[one.partition] = {offset for offset in waiting[one.partition] if offset >= one.offset}
        assert len(handler._outputs) == sum(map(len, waiting.values()))
    assert committed == ends


def is_valid(value: bytes | None) -> bool:
    """Whether it is one of `values` with a key."""
    return value in VALID


def from_bob(key: str) -> bytes:
    """A message of that conversation."""
    return encode_message(InstantMessage(conversationKey=key, sender="bob", recipients=[], body=""))


VALID = {from_bob("ann and bob"), from_bob("the family")}
values = st.sampled_from([*sorted(VALID), from_bob("")])


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from([FIRST, SECOND]), values | st.binary() | st.none()), min_size=1, max_size=5),
        max_size=6,
    )
)
def test_every_record_is_in_one_transaction_with_its_offset(polls: list[list[tuple[Partition, bytes | None]]]) -> None:
    handler = ingest()
    next_offset = {FIRST: 5, SECOND: 0}
    outputs: dict[str, list[bytes | None]] = defaultdict(list)
    for poll in polls:
        for partition, value in poll:
            handler.records([sent(partition, next_offset[partition], value)])
            next_offset[partition] += 1
        transaction = transaction_of(handler)
        for output in transaction.outputs:
            outputs[output.topic].append(output.value)
        touched = {partition for partition, _ in poll}
        assert {one.partition: one.offset for one in transaction.offsets} == {one: next_offset[one] for one in touched}
    sent_values = [value for poll in polls for _, value in poll]
    assert outputs["conversation_log"] == [
        b"500,%b" % value for value in sent_values if value is not None and is_valid(value)
    ]
    assert outputs["dead_letter"] == [value for value in sent_values if not is_valid(value)]
    assert handler.is_drained()
