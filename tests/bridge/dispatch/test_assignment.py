"""One assignment from delivered records to transactions."""

from typing import NoReturn

import pytest

from bridge.dispatch.commits.commit_metadata import CommitMetadata, encode_metadata
from bridge.dispatch.commits.replay import PartitionState
from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError
from chat_tasks.formats.tasks import Answer, Failure, Reply
from chat_tasks.settings import Settings
from tests.bridge.dispatch.assignments import (
    FROM_BOB,
    GENERATIONS,
    LOG,
    MANY,
    REQUEST,
    REQUESTS,
    assignment_work,
    logged,
    perform_all,
    published,
    requested,
)
from tests.bridge.dispatch.simulated_worker import SimulatedWorker
from tests.bridge.messages import ConsumedMessage, logged_message

FROM_ANN = b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"body":"Hi there!"}'
OUT_BOB = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"conversationMsgSeq":0,"body":"Hi there!"}'
OUT_ANN = b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"conversationMsgSeq":1,"body":"Hi there!"}'
SETTINGS = Settings()
BLOCK = b'{"conversationKey":"abc123","latestChatter":[["bob","Hi there!",0],["ann","Hi there!",1]]}'


class UnreadableHeaders(ConsumedMessage):
    """As the client has it where a header's name is not UTF-8."""

    def headers(self) -> NoReturn:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


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


def test_requests_that_cannot_be_read_are_one_letter_and_are_passed_over() -> None:
    work = assignment_work()
    work.receive([requested(0)])
    work.pass_over(UnreadableRecords(REQUESTS, 1, 1_000, "Kafka: _BAD_MSG: wrong checksum"))
    work.receive([requested(1_000)])
    transaction = work.next_transaction()
    assert transaction is not None
    [letter] = transaction.outputs
    assert (letter.topic, letter.key) == ("dead_letter", b"latest_messages_request-0-1")
    assert [(one.partition, one.offset) for one in transaction.offsets] == [(REQUESTS, 0)], "the first is not answered"
    work.committed(transaction)
    perform_all(work, SimulatedWorker(GENERATIONS))
    transaction = work.next_transaction()
    assert transaction is not None
    assert len(transaction.outputs) == 2
    assert [(one.partition, one.offset) for one in transaction.offsets] == [(REQUESTS, 1_001)]


def test_what_was_passed_over_before_is_no_letter_again() -> None:
    work = assignment_work()
    work.receive([requested(0)])
    work.pass_over(UnreadableRecords(REQUESTS, 1, 9, "Kafka: _BAD_MSG: wrong checksum"))
    transaction = work.next_transaction()
    assert transaction is not None
    [commit] = transaction.offsets
    successor = assignment_work(requests=(commit.offset, commit.metadata))
    successor.receive([requested(0)])
    successor.pass_over(UnreadableRecords(REQUESTS, 1, 9, "Kafka: _BAD_MSG: wrong checksum"))
    assert successor.next_transaction() is None


def test_requests_that_were_delivered_before_they_became_unreadable_are_finished_with_the_letter() -> None:
    first = assignment_work()
    first.receive([requested(0), requested(1), requested(2, b"no request"), requested(3)])
    transaction = first.next_transaction()
    assert transaction is not None
    [commit] = transaction.offsets
    assert commit.offset == 0
    work = assignment_work(requests=(commit.offset, commit.metadata))
    work.pass_over(UnreadableRecords(REQUESTS, 0, 3, "Kafka: _BAD_MSG: wrong checksum"))
    transaction = work.next_transaction()
    assert transaction is not None
    assert len(transaction.outputs) == 1
    assert [(one.partition, one.offset) for one in transaction.offsets] == [(REQUESTS, 3)], "3 is not answered"


def test_records_of_the_log_are_not_passed_over_and_hold_up_their_partition_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work, worker = assignment_work(), SimulatedWorker(GENERATIONS)
    work.receive([logged(0), requested(0)])
    for now in (100.0, 130.0, 161.0):
        work.pass_over(UnreadableRecords(LOG, 1, 5, "Kafka: _BAD_MSG: wrong checksum"))
        work.unread.say(now)
    work.receive([logged(5), requested(1)])
    work.end_reached(LOG, 6)
    assert work.full() == {LOG}
    perform_all(work, worker)
    transaction = work.next_transaction()
    assert transaction is not None
    assert {one.partition: one.offset for one in transaction.offsets} == {LOG: 1, REQUESTS: 2}
    line = "conversation_log[0] cannot be read from offset 1 to 4: Kafka: _BAD_MSG: wrong checksum; records of the log "
    assert [record.getMessage().startswith(line) for record in caplog.records] == [True, True]


def test_a_replay_that_has_come_to_what_cannot_be_read_is_over() -> None:
    """Otherwise requests would wait for it, also those for conversations of other partitions."""
    work = assignment_work(encode_metadata(CommitMetadata("0ddba11", durable=2)), offset=4)
    work.receive([logged(2)])  # at 3 is the marker of a transaction
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert work._progress[LOG].state is PartitionState.REPLAYING
    work.pass_over(UnreadableRecords(LOG, 4, 9, "Kafka: _BAD_MSG: wrong checksum"))
    assert work._progress[LOG].state is PartitionState.REPLAYED


def test_a_replay_begins_at_what_a_restored_backup_has() -> None:
    work = assignment_work(encode_metadata(CommitMetadata("0ddba11", durable=2)), offset=3, horizon=1)
    assert (work.start[LOG], work.replaying) == (1, 2)


def test_rows_that_are_older_than_the_log_are_refused() -> None:
    assert assignment_work(offset=9, low=7, horizon=7).start[LOG] == 7
    with pytest.raises(ConfigurationError, match=r"log\[0\] begins at offset 7, and rows are complete up to 6\."):
        assignment_work(offset=9, low=7, horizon=6)


def test_a_replay_begins_at_what_no_node_can_forget() -> None:
    """Also where a broker that was killed has forgotten that this was purged."""
    work = assignment_work(encode_metadata(CommitMetadata("0ddba11", durable=2)), offset=3)
    assert (work.start[LOG], work.replaying) == (2, 1)
    work.receive([logged(2), logged(3)])
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert len(published(work)) == 1
    assert work.replayed_count == 1


def test_no_transaction_follows_one_that_was_not_committed() -> None:
    """Whose end nobody knows: what it was to publish would be forgotten."""
    work = assignment_work()
    work.receive([logged(0)])
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert work.next_transaction() is not None
    with pytest.raises(AssertionError, match="not committed"):
        work.next_transaction()


def test_nothing_finished_is_no_transaction() -> None:
    work = assignment_work(encode_metadata(CommitMetadata("0ddba11", None)))
    work.receive([requested(0)])
    assert work.next_transaction() is None


def test_requests_wait_until_they_may_be_served() -> None:
    work = assignment_work()
    work.receive([logged(0), requested(0)])
    assert [task.name for task in work.plan(0, MANY, published=None)] == ["chat_tasks.append_messages"]
    assert [task.name for task in work.plan(0, MANY, published=())] == ["chat_tasks.latest_messages"]


def test_nobody_is_woken_for_requests_that_wait_until_blocks_are_published() -> None:
    work = assignment_work()
    work.receive([requested(0), requested(1, REQUEST.replace(b"abc123", b"another"))])
    large = "x" * (SETTINGS.bytes_in_flight // 16)
    down = Failure(Answer.RETRY, "Cassandra is down")
    [task] = work.plan(0, MANY, published=())
    work.take_reply(task, Reply(task.task_id, 0.1, [large, down]), 0)
    retry_at = work.next_plan_at(0)
    assert retry_at is not None
    assert list(work.plan(retry_at, MANY, published=())) == []
    assert work.next_plan_at(retry_at) is None
    published(work)
    assert len(list(work.plan(retry_at, MANY, published=()))) == 1


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


FOREIGN = {
    "no time": ConsumedMessage(LOG.topic, LOG.number, 1, FROM_BOB, b"abc123"),
    "no value": ConsumedMessage(LOG.topic, LOG.number, 1, None, b"abc123"),
    "no key": ConsumedMessage(LOG.topic, LOG.number, 1, b"500," + FROM_BOB, None),
    "an empty key": ConsumedMessage(LOG.topic, LOG.number, 1, b"500," + FROM_BOB.replace(b"abc123", b""), b""),
    "another's key": ConsumedMessage(LOG.topic, LOG.number, 1, b"500," + FROM_BOB, b"xyz"),
    "headers of a letter": logged_message(
        LOG.number, 1, "abc123", FROM_BOB, [("__connect.errors.topic", b"conversation_log")]
    ),
    "headers that are no text": UnreadableHeaders(LOG.topic, LOG.number, 1, b"500," + FROM_BOB, b"abc123"),
}


@pytest.mark.parametrize("stranger", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_record_of_the_log_that_ingest_did_not_write_becomes_a_dead_letter(stranger: ConsumedMessage) -> None:
    """And gets no number, and the others of its conversation go on around it."""
    work, worker = assignment_work(), SimulatedWorker(GENERATIONS)
    work.receive([logged(0), stranger, logged(2, FROM_ANN)])
    perform_all(work, worker)
    letter, *outputs = published(work)
    assert [output.value for output in outputs] == [OUT_BOB, OUT_ANN]
    assert (letter.topic, letter.value) == ("dead_letter", stranger.value())
    headers = dict(letter.headers)
    assert headers["__connect.errors.topic"] == b"conversation_log"
    assert headers["__connect.errors.stage"] == b"CONSUME"
    assert headers["__connect.errors.exception.class.name"] == b"ForeignRecord"
    reason = headers["__connect.errors.exception.message"] or b""
    assert reason.startswith(b"not written by ingest: ")
    assert b"Hi there!" not in reason
    assert work.is_drained()


def test_a_record_in_a_partition_that_is_not_its_key_s_becomes_a_dead_letter() -> None:
    work = assignment_work(log_partitions=12)
    work.receive([logged(0)])
    [letter] = published(work)
    reason = b"not written by ingest: its partition is not that of its key"
    assert dict(letter.headers)["__connect.errors.exception.message"] == reason


def test_foreign_records_are_told_of_at_once_and_then_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    work = assignment_work()
    for offset, now in ((1, 100.0), (2, 101.0), (3, 159.0), (4, 161.0)):
        work.receive([ConsumedMessage(LOG.topic, LOG.number, offset, b"hello")])
        work.foreign.say(now)
    work.foreign.say(1_000.0)
    reason = "not written by ingest: it has no key or no value"
    assert [record.getMessage() for record in caplog.records] == [
        f"1 records of the log become dead letters, the last one conversation_log[0] offset 1: {reason}",
        f"3 records of the log become dead letters, the last one conversation_log[0] offset 4: {reason}",
    ]


def test_a_replay_passes_over_a_foreign_record_whose_letter_is_published() -> None:
    work, worker = (
        assignment_work(encode_metadata(CommitMetadata("0ddba11", None)), offset=2),
        SimulatedWorker(GENERATIONS),
    )
    work.receive([logged(0), FOREIGN["no key"]])
    perform_all(work, worker)
    assert published(work) == []
    assert work.is_drained()


@pytest.mark.parametrize("metadata", ["1:digest:CAYC", "1:digest:?", "9:digest:"])
def test_committed_metadata_that_is_not_ours_ends_the_process(metadata: str) -> None:
    with pytest.raises(ConfigurationError, match="metadata"):
        assignment_work(metadata)


def test_a_reply_that_fits_no_task_changes_nothing() -> None:
    work = assignment_work()
    work.receive([logged(0)])
    [task] = work.plan(0, MANY, published=())
    with pytest.raises(ValueError, match="2 results for 1 conversations"):
        work.take_reply(task, Reply(task.task_id, 0.5, [0, 1]), now=0)
    assert work.outstanding == 1
    assert not work.is_drained()


def test_a_broker_that_forgot_everything_loses_the_tasks_of_both_kinds() -> None:
    work, worker = assignment_work(), SimulatedWorker(GENERATIONS)
    work.receive([logged(0), requested(0)])
    assert len(list(work.plan(0, MANY, published=()))) == 2
    assert sum(work.lose_all().values()) == 2
    perform_all(work, worker)
    assert len(published(work)) == 2


def test_a_lost_task_of_either_kind_is_sent_again() -> None:
    work = assignment_work()
    work.receive([logged(0), requested(0)])
    first = list(work.plan(0, MANY, published=()))
    assert [work.lost(task) for task in first] == [True, True]
    assert [work.lost(task) for task in first] == [False, False]
    assert len(list(work.plan(0, MANY, published=()))) == 2


def test_the_log_keeps_everything_until_the_replay_has_ended() -> None:
    work, worker = (
        assignment_work(encode_metadata(CommitMetadata("0ddba11", None)), offset=1),
        SimulatedWorker(GENERATIONS),
    )
    assert work.start == {LOG: 0, REQUESTS: 0}
    work.receive([logged(0, key="slow"), logged(1, key="fast")])
    for task in list(work.plan(0, MANY, published=None)):
        work.take_reply(task, worker.perform(task, failing=frozenset({"slow"})), now=0)
    assert len(published(work)) == 1
    assert work.log_purge.purgeable(before=1) == {}
    for task in list(work.plan(60, MANY, published=None)):
        work.take_reply(task, worker.perform(task), now=60)
    assert published(work, now=60) == []
    # What was committed before the replay ended has just been written again, and counts from now.
    assert work.log_purge.purgeable(before=59) == {}
    assert work.log_purge.purgeable(before=60) == {LOG: 2}
