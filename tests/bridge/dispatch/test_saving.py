"""Which conversations there have been is saved before the log loses the records that it was learnt from."""

from bridge.dispatch.assignment_work import AssignmentWork
from bridge.dispatch.commit_metadata import CommitMetadata, decode_metadata, digest_of, encode_metadata
from bridge.dispatch.known_conversations import KnownConversations, Unsaved
from chat_tasks.storage.known_conversations import StoredConversations
from chat_tasks.task_format import decode_append_task
from tests.bridge.dispatch.assignments import (
    GENERATIONS,
    LOG,
    MANY,
    assignment_work,
    logged,
    perform_all,
    published,
)
from tests.bridge.dispatch.simulated_worker import SimulatedWorker

ANN = b'{"conversationKey":"def456","sender":"ann","recipients":["bob"],"body":"Hi there!"}'


def none_before(offset: int) -> KnownConversations:
    return KnownConversations(StoredConversations(offset, 0, {}))


def publish_next(work: AssignmentWork, worker: SimulatedWorker, offset: int, now: float = 0) -> None:
    work.receive([logged(offset)])
    perform_all(work, worker)
    published(work, now)


def one_published(now: float = 0, worker: SimulatedWorker | None = None) -> tuple[AssignmentWork, dict[int, Unsaved]]:
    """What then is to be saved."""
    work = assignment_work(known=none_before(0))
    publish_next(work, worker or SimulatedWorker(GENERATIONS), 0, now)
    return work, work.saving.unsaved()


def durable_of_the_next(work: AssignmentWork, worker: SimulatedWorker, offset: int) -> int:
    work.receive([logged(offset)])
    perform_all(work, worker)
    transaction = work.next_transaction()
    assert transaction is not None
    work.committed(transaction, now=0)
    return decode_metadata(transaction.offsets[0].metadata).durable


def heads_in_tasks(work: AssignmentWork) -> dict[str, int | None]:
    tasks = [decode_append_task(task.body) for task in work.plan(0, MANY, requests=False)]
    return {batch.conversation_key: batch.head for task in tasks for batch in task.conversations}


def test_the_log_keeps_what_is_committed_until_its_conversations_are_saved() -> None:
    work, unsaved = one_published(now=1)
    assert work.purgeable(before=100) == {}
    work.saving.saved(unsaved, now=5)
    assert work.purgeable(before=4) == {}, "Cassandra may forget what it has just saved"
    assert work.purgeable(before=5) == {LOG: 1}


def test_a_commit_tells_what_no_node_can_forget_any_more() -> None:
    worker = SimulatedWorker(GENERATIONS)
    work, unsaved = one_published(worker=worker)
    work.saving.saved(unsaved, now=5)
    assert durable_of_the_next(work, worker, 1) == 0
    assert work.purgeable(before=5) == {LOG: 1}
    assert durable_of_the_next(work, worker, 2) == 1


def test_what_is_delivered_and_not_committed_is_saved_and_not_purged() -> None:
    work, _ = one_published()
    work.receive([logged(1, ANN, "def456")])
    unsaved = work.saving.unsaved()
    assert unsaved[LOG.number].conversations.offset == 2
    work.saving.saved(unsaved, now=5)
    assert work.purgeable(before=5) == {LOG: 1}


def test_what_was_written_again_is_saved_soon_as_the_log_keeps_it_all_until_then() -> None:
    metadata = encode_metadata(CommitMetadata("before a node started", None))
    work = assignment_work(metadata, offset=1, known=none_before(0))
    assert not work.saving.is_urgent()
    work.receive([logged(0)])
    work.end_reached(LOG, 1)
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert not work.saving.is_urgent(), "nobody knows that it is written"
    assert published(work) == []
    assert work.saving.is_urgent()
    work.saving.saved(work.saving.unsaved(), now=5)
    assert not work.saving.is_urgent()
    assert work.purgeable(before=5) == {LOG: 1}


def test_what_was_saved_before_the_replay_had_ended_says_nothing_of_its_rows() -> None:
    metadata = encode_metadata(CommitMetadata("before a node started", None))
    work = assignment_work(metadata, offset=1, known=none_before(0))
    work.receive([logged(0)])
    work.end_reached(LOG, 1)
    unsaved = work.saving.unsaved()
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert published(work) == []
    work.saving.saved(unsaved, now=5)
    assert work.purgeable(before=5) == {}
    assert work.saving.is_urgent()


def test_without_known_conversations_nothing_has_to_be_saved() -> None:
    work = assignment_work()
    publish_next(work, SimulatedWorker(GENERATIONS), 0, now=1)
    assert work.saving.unsaved() == {}
    assert work.purgeable(before=1) == {LOG: 1}


def test_what_was_committed_and_not_saved_is_read_again_and_makes_its_conversation_known() -> None:
    metadata = encode_metadata(CommitMetadata(digest_of(GENERATIONS), None))
    work = assignment_work(metadata, offset=1, known=none_before(0))
    assert work.start[LOG] == 0
    assert work.replaying == 0
    work.receive([logged(0), logged(1), logged(2, ANN, "def456")])
    assert heads_in_tasks(work) == {"abc123": None, "def456": -1}


def test_a_quarantined_conversation_does_not_begin() -> None:
    work = assignment_work(known=none_before(0), quarantined=frozenset({"abc123"}))
    work.receive([logged(0)])
    assert [output.topic for output in published(work)] == ["dead_letter"]
    assert not work.appends.heads[LOG.number].knows("abc123")


def test_after_a_commit_only_what_has_changed_is_saved() -> None:
    worker = SimulatedWorker(GENERATIONS)
    work, unsaved = one_published(worker=worker)
    work.saving.saved(unsaved, now=5)
    publish_next(work, worker, 1)
    assert work.saving.unsaved()[LOG.number].conversations == StoredConversations(2, 1, {})
