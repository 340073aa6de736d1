"""What an assignment's replay has written is not written again by the next one's."""

from dataclasses import replace

import pytest
from msgspec import structs

from bridge.dispatch.assignment_facts import AssignmentFacts
from bridge.dispatch.assignment_work import AssignmentWork
from bridge.dispatch.commit_metadata import CommitMetadata, decode_metadata, digest_of, encode_metadata
from bridge.dispatch.letters import FoundLetters, Wanted
from bridge.dispatch.rewritten import Rewritten, RewrittenPartitions
from tests.bridge.dispatch.appends import record
from tests.bridge.dispatch.assignments import GENERATIONS, LOG, MANY, assignment_work, logged, perform_all, published
from tests.bridge.dispatch.simulated_worker import SimulatedWorker

FACTS = assignment_work().facts


def replay_of_three(rewritten: RewrittenPartitions) -> AssignmentWork:
    """A node has started since three records were committed."""
    return assignment_work(encode_metadata(CommitMetadata("0ddba11")), offset=3, rewritten=rewritten)


@pytest.fixture
def interrupted() -> RewrittenPartitions:
    """Such a replay was given up when all but the second record, and a new one, were written again."""
    rewritten = RewrittenPartitions()
    work = replay_of_three(rewritten)
    assert (work.start[LOG], work.replaying) == (0, 3)
    work.receive([logged(0), logged(1, key="failing"), logged(2), logged(3, key="new")])
    worker = SimulatedWorker(GENERATIONS)
    for task in list(work.plan(0, MANY, requests=False)):
        work.reply(worker.perform(task, failing=frozenset({"failing"})), now=0)
    work.keep(0)
    return rewritten


def test_the_next_assignment_writes_only_what_is_not(interrupted: RewrittenPartitions) -> None:
    work = replay_of_three(interrupted)
    assert (work.start[LOG], work.replaying) == (1, 1)
    work.receive([logged(1, key="failing"), logged(2), logged(3, key="new")])
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert len(published(work)) == 1
    assert work.replayed_count == 1


def test_what_is_durable_is_not_missing() -> None:
    rewritten = Rewritten(10, frozenset({2, 7}))
    assert rewritten.beyond(2) == rewritten
    assert rewritten.beyond(5) == Rewritten(10, frozenset({7}))
    assert rewritten.beyond(12) == Rewritten(12)


def test_one_that_ends_before_it_has_begun_keeps_what_was_written_before(interrupted: RewrittenPartitions) -> None:
    replay_of_three(interrupted).keep(0)
    assert replay_of_three(interrupted).start[LOG] == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(FACTS, generations={"host": 1_601}),
        replace(FACTS, generations={**GENERATIONS, "another": 1}),
        replace(FACTS, log_id="00000000-0000-0000-0000-000000000002"),
    ],
)
def test_nothing_is_known_once_a_node_has_started_or_the_log_is_another(
    interrupted: RewrittenPartitions, other: AssignmentFacts
) -> None:
    assert 0 in interrupted.of(FACTS, LOG)
    assert 0 not in interrupted.of(other, LOG)
    interrupted.note(other, LOG, 0, set())
    assert 0 not in interrupted.of(FACTS, LOG)


def test_a_replay_that_has_ended_is_not_begun_again() -> None:
    rewritten = RewrittenPartitions()
    work = replay_of_three(rewritten)
    work.receive([logged(offset) for offset in range(3)])
    perform_all(work, SimulatedWorker(GENERATIONS))
    work.keep(0)
    work = replay_of_three(rewritten)
    assert (work.start[LOG], work.replaying) == (3, 0)
    work.end_reached(LOG, 3)
    transaction = work.next_transaction()
    assert transaction is not None
    assert decode_metadata(transaction.offsets[0].metadata).digest == digest_of(GENERATIONS)


def test_what_was_published_beside_the_replay_is_written_again_by_the_next() -> None:
    """Where its number is not known any more, what is written again must not end before it."""
    rewritten = RewrittenPartitions()
    work = replay_of_three(rewritten)
    work.receive([logged(offset) for offset in range(4)])
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert len(published(work)) == 1
    work.keep(0)
    work = assignment_work(encode_metadata(CommitMetadata("0ddba11")), offset=4, rewritten=rewritten)
    assert (work.start[LOG], work.replaying) == (3, 1)


def test_a_letter_that_is_to_be_written_again_says_nothing_of_the_log() -> None:
    rewritten = RewrittenPartitions()
    work = assignment_work(
        encode_metadata(CommitMetadata("0ddba11")),
        offset=3,
        quarantined=frozenset({"abc123"}),
        rewritten=rewritten,
        log_partitions=1,
    )
    work.quarantine.begin_releases({"abc123": 7})
    work.receive([logged(0), logged(1, key="another")])
    perform_all(work, SimulatedWorker(GENERATIONS))
    letter = structs.replace(record(0, replay=True), partition=LOG.number, release=7)
    work.quarantine.take_letters(Wanted("abc123", release=7, after=-1), FoundLetters([letter], 0, complete=True))
    work.keep(0)
    assert [offset in rewritten.of(FACTS, LOG) for offset in range(3)] == [True, True, False]


def test_what_one_assignment_did_not_get_to_is_left_to_the_next() -> None:
    began_with = Rewritten(10, frozenset({2, 7}))
    assert (began_with.start, began_with.left(0, 12), began_with.left(3, 12)) == (2, 4, 3)
    assert began_with.followed_by(5, {2}) == Rewritten(10, frozenset({2, 7}))
    assert began_with.followed_by(8, {7}) == Rewritten(10, frozenset({7}))
    assert began_with.followed_by(12, {11}) == Rewritten(12, frozenset({11}))
    assert began_with.followed_by(12, set()).start == 12
