"""One assignment from delivered records to transactions."""

from typing import Any

import pytest

from bridge.assignment import Assignment, Committed
from bridge.dispatch.assignment_work import AssignmentFacts, AssignmentWork
from bridge.dispatch.commit_metadata import CommitMetadata, encode_metadata
from bridge.transaction import Output, Partition
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings
from chat_tasks.task_format import Reply
from tests.bridge.dispatch.simulated_worker import SimulatedWorker
from tests.bridge.messages import ConsumedMessage, logged_message

LOG = Partition("conversation_log", 0)
REQUESTS = Partition("latest_messages_request", 0)
GENERATIONS = {"host": 1_600}
MANY = 1_000

FROM_BOB = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}'
FROM_ANN = b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"body":"Hi there!"}'
OUT_BOB = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"conversationMsgSeq":0,"body":"Hi there!"}'
OUT_ANN = b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"conversationMsgSeq":1,"body":"Hi there!"}'
REQUEST = b'{"conversationKey":"abc123","numMsgs":100}'
BLOCK = b'{"conversationKey":"abc123","latestChatter":[["bob","Hi there!",0],["ann","Hi there!",1]]}'


def assignment_work(metadata: str = "", quarantined: frozenset[str] = frozenset(), **chosen: Any) -> AssignmentWork:
    """Both partitions from their beginnings."""
    assignment = Assignment(1_700, {LOG: Committed(0, metadata, 0), REQUESTS: Committed(0, "", 0)}, None)
    facts = AssignmentFacts("00000000-0000-0000-0000-000000000001", GENERATIONS, quarantined, 3, 3)
    return AssignmentWork(Settings(_env_file=None, queues=2, **chosen), assignment, facts, "replies")


def logged(offset: int, value: bytes = FROM_BOB, key: str = "abc123") -> ConsumedMessage:
    return logged_message(LOG.number, offset, key, value, [])


def requested(offset: int, value: bytes = REQUEST) -> ConsumedMessage:
    return ConsumedMessage(REQUESTS.topic, REQUESTS.number, offset, value)


def perform_all(work: AssignmentWork, worker: SimulatedWorker) -> None:
    """Every task that can be sent, requests included."""
    for task in list(work.plan(0, MANY, requests=True)):
        assert work.reply(worker.perform(task), now=0) == {}


def published(work: AssignmentWork) -> list[Output]:
    """What the next transaction holds."""
    transaction = work.next_transaction()
    assert transaction is not None
    work.committed(transaction, now=0)
    return list(transaction.outputs)


def test_the_worked_example_of_the_contract() -> None:
    work, worker = assignment_work(), SimulatedWorker(GENERATIONS)
    work.receive([logged(0, FROM_BOB), logged(1, FROM_ANN)])
    perform_all(work, worker)
    assert [output.value for output in published(work)] == [OUT_BOB, OUT_ANN]
    work.receive([requested(0)])
    perform_all(work, worker)
    assert [output.value for output in published(work)] == [BLOCK]
    assert work.is_drained()
    assert not work.has_work()


def test_a_transaction_commits_the_offsets_that_its_outputs_stem_from() -> None:
    work = assignment_work()
    work.receive([logged(0), logged(1), requested(0)])
    perform_all(work, SimulatedWorker(GENERATIONS))
    transaction = work.next_transaction()
    assert transaction is not None
    assert {offset.partition: offset.offset for offset in transaction.offsets} == {LOG: 2, REQUESTS: 1}


def test_nothing_finished_is_no_transaction() -> None:
    work = assignment_work(encode_metadata(CommitMetadata("0ddba11", None)))
    work.receive([requested(0)])
    assert work.next_transaction() is None


def test_requests_wait_until_they_may_be_served() -> None:
    work = assignment_work()
    work.receive([logged(0), requested(0)])
    assert [task.name for task in work.plan(0, MANY, requests=False)] == ["chat_tasks.append_messages"]
    assert [task.name for task in work.plan(0, MANY, requests=True)] == ["chat_tasks.latest_messages"]


def test_an_invalid_request_becomes_a_dead_letter_and_holds_nobody_up() -> None:
    work = assignment_work()
    work.receive([requested(0, b'{"conversationKey":"abc123","numMsgs":-1}')])
    [letter] = published(work)
    assert (letter.topic, letter.value) == ("dead_letter", b'{"conversationKey":"abc123","numMsgs":-1}')
    assert dict(letter.headers)["__connect.errors.exception.message"] == b"numMsgs: must not be negative"


def test_records_of_partitions_that_are_not_ours_any_more_are_passed_over() -> None:
    work = assignment_work()
    work.receive([logged_message(9, 0, "abc123", FROM_BOB, []), ConsumedMessage(REQUESTS.topic, 9, 0, REQUEST)])
    work.end_reached(Partition(LOG.topic, 9), 5)
    assert not work.has_work()


@pytest.mark.parametrize(
    "stranger",
    [
        ConsumedMessage(LOG.topic, LOG.number, 7, FROM_BOB, b"abc123"),
        ConsumedMessage(LOG.topic, LOG.number, 7, FROM_BOB, None, [("chat.sent_at", b"500")]),
        ConsumedMessage(LOG.topic, LOG.number, 7, FROM_BOB, b"\xff", [("chat.sent_at", b"500")]),
    ],
)
def test_a_record_of_the_log_that_ingest_did_not_write_ends_the_process(stranger: ConsumedMessage) -> None:
    with pytest.raises(ConfigurationError, match=r"conversation_log\[0\] offset 7 was not written by ingest") as error:
        assignment_work().receive([stranger])
    assert "Hi there!" not in str(error.value)


@pytest.mark.parametrize("metadata", ["1:digest:CAYC", "1:digest:?", "9:digest:"])
def test_committed_metadata_that_is_not_ours_ends_the_process(metadata: str) -> None:
    with pytest.raises(ConfigurationError, match="metadata"):
        assignment_work(metadata)


def test_a_reply_that_fits_no_task_changes_nothing() -> None:
    work = assignment_work()
    work.receive([logged(0)])
    [task] = work.plan(0, MANY, requests=True)
    assert work.reply(Reply("append-1-0", 0.5, [0]), now=0) == {}
    with pytest.raises(ValueError, match="2 results for 1 conversations"):
        work.reply(Reply(task.task_id, 0.5, [0, 1]), now=0)
    assert work.outstanding == 1
    assert not work.is_drained()


def test_a_full_memory_pauses_the_log_until_half_of_it_is_free() -> None:
    work, worker = assignment_work(records_in_flight=4, task_records=1, tasks_per_queue=1), SimulatedWorker(GENERATIONS)
    paused = []
    for offset in range(4):
        paused.append(work.full())
        work.receive([logged(offset)])
    for _ in range(4):
        paused.append(work.full())
        perform_all(work, worker)
    assert paused == [set()] * 4 + [{LOG}] * 2 + [set()] * 2


def test_many_bytes_fill_it_too() -> None:
    work = assignment_work(bytes_in_flight=2 * len(FROM_BOB))
    work.receive([logged(0)])
    assert work.full() == set()
    work.receive([logged(1)])
    assert work.full() == {LOG}


def test_many_requests_pause_the_requests_alone() -> None:
    work = assignment_work()
    work.receive([requested(offset) for offset in range(2_000)])
    assert work.full() == {REQUESTS}


def test_a_straggler_pauses_its_partition_before_the_metadata_is_too_long() -> None:
    work, worker = assignment_work(records_in_flight=100_000), SimulatedWorker(GENERATIONS)
    work.receive([logged(0, key="straggler")])
    list(work.plan(0, MANY, requests=False))
    offset = 1
    while LOG not in work.full():
        # The worst case: every other offset is unfinished, and no run of equal bytes saves anything.
        work.receive([logged(one, key="straggler" if one % 2 else "fast") for one in range(offset, offset + 1_000)])
        offset += 1_000
        perform_all(work, worker)
        transaction = work.next_transaction()
        assert transaction is not None
        assert all(len(committed.metadata) <= 4_096 for committed in transaction.offsets)
    assert offset > 15_000


def test_a_transaction_has_an_end() -> None:
    work = assignment_work(quarantined=frozenset({"abc123"}))
    work.receive([logged(offset) for offset in range(5_001)])
    assert [len(published(work)), len(published(work))] == [5_000, 1]
    assert work.next_transaction() is None
