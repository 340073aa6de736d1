"""Sequence numbers are a pure function of a head and the log."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chat_tasks.conversation.records import NO_HEAD, Row, StoredRow, TaskRecord, Text
from chat_tasks.conversation.sequencer import allocate, check_agreement
from chat_tasks.errors import ConversationConflict

LOG = UUID(int=1)
OTHER_LOG = UUID(int=2)
NOW_MICROSECONDS = 1_700_000_000_000_000

HI = TaskRecord(10, 1_000, Text("bob", ["ann"], "Hi there!"))
HELLO = TaskRecord(12, 2_000, Text("ann", ["bob"], "Hello!"))

heads = st.integers(NO_HEAD, 10**6)
bucket_sizes = st.integers(1, 20)


@st.composite
def logs(draw: st.DrawFn) -> list[TaskRecord]:
    """Records of one conversation: its offsets ascend and have gaps, where other conversations' records are."""
    offsets = sorted(draw(st.sets(st.integers(0, 10**9), min_size=1, max_size=12)))
    texts = st.builds(Text, st.just("bob"), st.just(["ann"]), st.text())
    return [TaskRecord(offset, draw(st.integers(0, 10**13)), draw(texts)) for offset in offsets]


def stored(row: Row) -> StoredRow:
    """What Cassandra holds after the row was written."""
    texts = row.sender, row.recipients, row.body
    return StoredRow(row.sequence, row.log_id, row.log_offset, *texts, *[row.write_timestamp] * len(texts))


def test_the_first_message_of_a_conversation_gets_0() -> None:
    assert allocate("abc123", NO_HEAD, [HI, HELLO], LOG, bucket_size=10) == [
        Row("abc123", 0, 0, "bob", ["ann"], "Hi there!", LOG, 10, 1_000, 11),
        Row("abc123", 0, 1, "ann", ["bob"], "Hello!", LOG, 12, 2_000, 13),
    ]


def test_the_next_one_follows_the_head_into_its_bucket() -> None:
    rows = allocate("abc123", 8, [HI, HELLO], LOG, bucket_size=10)
    assert [(row.sequence, row.bucket) for row in rows] == [(9, 0), (10, 1)]


@pytest.mark.parametrize("offsets", [(12, 10), (10, 10), (-1, 0)])
def test_a_task_that_no_log_can_have_made_is_refused(offsets: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="follows"):
        allocate("abc123", NO_HEAD, [replace(HI, offset=offset) for offset in offsets], LOG, 10)


@given(heads, logs(), bucket_sizes)
def test_numbers_have_no_gap_and_follow_the_log(head: int, records: list[TaskRecord], bucket_size: int) -> None:
    rows = allocate("abc123", head, records, LOG, bucket_size)
    assert [row.sequence for row in rows] == list(range(head + 1, head + 1 + len(records)))
    assert [(row.log_offset, row.sent_at, row.sender, row.recipients, row.body) for row in rows] == [
        (one.offset, one.sent_at, one.text.sender, one.text.recipients, one.text.body) for one in records
    ]


@given(heads, logs(), bucket_sizes, st.data())
def test_however_the_log_is_cut_into_tasks_the_rows_are_the_same(
    head: int, records: list[TaskRecord], bucket_size: int, data: st.DataObject
) -> None:
    at_once = allocate("abc123", head, records, LOG, bucket_size)
    cut = data.draw(st.integers(0, len(records)))
    before = allocate("abc123", head, records[:cut], LOG, bucket_size)
    after = allocate("abc123", before[-1].sequence if before else head, records[cut:], LOG, bucket_size)
    assert before + after == at_once


@given(heads, logs(), bucket_sizes)
def test_a_replay_agrees_with_what_it_finds(head: int, records: list[TaskRecord], bucket_size: int) -> None:
    rows = allocate("abc123", head, records, LOG, bucket_size)
    check_agreement(rows, [stored(row) for row in rows])


ERASED: dict[str, Any] = {"recipients": [], "body": "", "recipients_written": NOW_MICROSECONDS}
ERASED["body_written"] = NOW_MICROSECONDS
DELETED = [dict.fromkeys((name, f"{name}_written")) for name in ("sender", "recipients", "body")]


@pytest.mark.parametrize("change", [ERASED, *DELETED])
@given(heads, logs(), st.data())
def test_a_text_erased_since_is_left_alone(
    change: dict[str, Any], head: int, records: list[TaskRecord], data: st.DataObject
) -> None:
    rows = allocate("abc123", head, records, LOG, 10)
    check_agreement(rows, [stored(data.draw(st.sampled_from(rows)))._replace(**change)])


@given(logs())
def test_a_rewrite_never_beats_an_erasure(records: list[TaskRecord]) -> None:
    rows = allocate("abc123", NO_HEAD, records, LOG, 10)
    assert all(0 < row.write_timestamp < NOW_MICROSECONDS for row in rows)


@pytest.mark.parametrize("change", [{"sender": "eve"}, {"recipients": ["eve"]}, {"body": "Bye!"}])
def test_another_text_that_nobody_erased_is_a_conflict(change: dict[str, Any]) -> None:
    rows = allocate("abc123", NO_HEAD, [HI, HELLO], LOG, 10)
    with pytest.raises(ConversationConflict, match="row 1 holds another text than offset 12"):
        check_agreement(rows, [stored(rows[0]), stored(rows[1])._replace(**change)])


@pytest.mark.parametrize("change", [{"log_offset": 11}, {"log_id": OTHER_LOG}])
def test_a_number_that_another_record_has_is_a_conflict_even_when_erased(change: dict[str, Any]) -> None:
    rows = allocate("abc123", NO_HEAD, [HI, HELLO], LOG, 10)
    with pytest.raises(ConversationConflict, match="row 0 was written from offset"):
        check_agreement(rows, [stored(rows[0])._replace(**ERASED, **change)])


def test_a_conflict_does_not_tell_what_people_wrote() -> None:
    rows = allocate("abc123", NO_HEAD, [HI], LOG, 10)
    with pytest.raises(ConversationConflict) as conflict:
        check_agreement(rows, [stored(rows[0])._replace(body="a secret")])
    assert "secret" not in str(conflict.value)
    assert HI.text.body not in str(conflict.value)


def test_rows_past_the_task_are_not_its_business() -> None:
    rows = allocate("abc123", NO_HEAD, [HI], LOG, 10)
    check_agreement(rows, [stored(rows[0])._replace(sequence=1, log_offset=13, body="not written by this task")])


def test_a_record_that_would_get_another_number_than_its_row_has_is_a_conflict() -> None:
    rows = allocate("abc123", 4, [HI, HELLO], LOG, 10)
    with pytest.raises(ConversationConflict, match="row 9 was written from offset 12, which would now get 6"):
        check_agreement(rows, [stored(rows[1])._replace(sequence=9)])
