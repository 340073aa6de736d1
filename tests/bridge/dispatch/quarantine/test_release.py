"""When letters may be looked for and published, and when a release has ended."""

import pytest
from msgspec.structs import replace

from bridge.dispatch.assignment import AssignmentState
from bridge.dispatch.conversations.release import FoundLetters, WantedLetters
from tests.bridge.dispatch.appends import LOG_ID, message, record
from tests.bridge.dispatch.assignments import GENERATIONS, LOG, assignment_work, logged, perform_all, published
from tests.bridge.dispatch.simulated_worker import SimulatedWorker

KEY = "abc123"
WANTED = WantedLetters(KEY, LOG_ID, release=7, after=-1)


@pytest.fixture
def released() -> AssignmentState:
    """The release of a conversation has begun, and a newer record of it has come, with the offset 2."""
    work = assignment_work(offset=2, quarantined=frozenset({KEY}))
    work.quarantine.begin_releases({KEY: 7})
    work.receive([logged(2)])
    return work


def letters(*offsets: int, last: int = 1, complete: bool = True) -> FoundLetters:
    found = [replace(record(offset), partition=LOG.number, is_letter=True) for offset in offsets]
    return FoundLetters(found, last, complete)


def test_letters_are_looked_for_once_those_of_this_assignment_are_committed() -> None:
    work = assignment_work(quarantined=frozenset({KEY}))
    work.receive([logged(0)])
    work.quarantine.begin_releases({KEY: 7, "not quarantined": 8})
    assert work.quarantine.wanted() == []
    transaction = work.next_transaction()
    assert transaction is not None
    assert work.quarantine.wanted() == []
    work.committed(transaction)
    assert work.quarantine.wanted() == [WANTED]


def test_letters_are_published_with_a_receipt_once_no_node_can_forget_their_rows(released: AssignmentState) -> None:
    released.quarantine.take_letters(WANTED, letters(0, 1))
    perform_all(released, SimulatedWorker(GENERATIONS), now=10)
    released.quarantine.publish_settled(before=9.9)
    assert published(released) == [], "but that the assignment has begun"
    assert released.quarantine.looks == 1
    released.quarantine.publish_settled(before=10)
    first, second, receipt = published(released)
    assert [output.topic for output in (first, second, receipt)] == ["instant_message_out"] * 2 + ["dead_letter"]
    assert b'"conversationMsgSeq":0' in (first.value or b"")
    assert b'"conversationMsgSeq":1' in (second.value or b"")
    assert receipt.value is None


def test_each_piece_of_a_large_portion_has_a_receipt_for_itself_alone(released: AssignmentState) -> None:
    found = letters(0, 1)
    large = [replace(one, value=message("x" * 64_000)) for one in found.records]
    released.quarantine.take_letters(WANTED, found._replace(records=large))
    perform_all(released, SimulatedWorker(GENERATIONS))
    released.quarantine.publish_settled(before=0)
    for offset in (0, 1):
        transaction = released.next_transaction(64_000)
        assert transaction is not None
        released.committed(transaction)
        letter, receipt = transaction.outputs
        assert b'"conversationMsgSeq":%d' % offset in (letter.value or b"")
        assert dict(receipt.headers)["__connect.errors.offset"] == b"%d" % offset
    assert released.quarantine.ended() == {KEY: 7}


def test_newer_records_wait_until_the_table_says_nothing_of_the_release_any_more(released: AssignmentState) -> None:
    worker = SimulatedWorker(GENERATIONS)
    released.quarantine.take_letters(WANTED, letters(0, 1))
    perform_all(released, worker)
    released.quarantine.publish_settled(before=0)
    assert released.quarantine.ended() == {}, "the letters are not published"
    published(released)
    assert released.quarantine.ended() == {KEY: 7}
    assert list(released.plan(0, 10, published=())) == []
    released.quarantine.end(KEY, 7)
    perform_all(released, worker)
    [newer] = published(released)
    assert b'"conversationMsgSeq":2' in (newer.value or b"")
    assert released.is_drained()
    assert (released.appends.records, released.appends.bytes) == (0, 0)


def test_the_next_portion_is_looked_for_when_the_first_is_published(released: AssignmentState) -> None:
    worker = SimulatedWorker(GENERATIONS)
    released.quarantine.take_letters(WANTED, letters(0, last=0, complete=False))
    perform_all(released, worker)
    assert released.quarantine.wanted() == []
    released.quarantine.publish_settled(before=0)
    assert released.quarantine.wanted() == []
    published(released)
    assert released.quarantine.ended() == {}
    assert released.quarantine.wanted() == [WANTED._replace(after=0)]
    released.quarantine.take_letters(WANTED, letters(0))
    assert list(released.plan(0, 10, published=())) == [], "nobody wants what was found at first any more"


def test_a_release_without_letters_has_ended_at_once(released: AssignmentState) -> None:
    released.quarantine.take_letters(WANTED, letters(last=-1))
    assert released.quarantine.ended() == {KEY: 7}


def test_a_conversation_that_is_quarantined_again_is_released_no_more(released: AssignmentState) -> None:
    released.quarantine.take_letters(WANTED, letters(0, 1))
    perform_all(released, SimulatedWorker(GENERATIONS))
    released.quarantine.quarantined(KEY, "row 1 holds another text")
    released.quarantine.publish_settled(before=0)
    [letter] = published(released)
    assert letter.topic == "dead_letter"
    assert released.quarantine.ended() == {}
    assert (released.appends.records, released.appends.bytes) == (0, 0)
