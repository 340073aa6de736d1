"""A member proves itself by every commit, and by one more where it has nothing to commit."""

from bridge.kafka.assignment import Committed
from bridge.kafka.transaction import CommittedOffset, Partition, Transaction
from bridge.loop.membership import Membership

FIRST = Partition("log", 0)
SECOND = Partition("log", 1)
HELD = {SECOND: Committed(7, "seven", 0), FIRST: Committed(5, "five", 0)}


def owner() -> Membership:
    membership = Membership(0.0)
    membership.joined()
    membership.assigned(HELD, 10.0)
    return membership


def test_what_the_group_holds_is_committed_again_after_three_silent_seconds() -> None:
    membership = owner()
    assert membership.proof(12.9) is None
    assert membership.proof(13.0) == Transaction((), (CommittedOffset(FIRST, 5, "five"),))


def test_every_commit_is_a_proof() -> None:
    membership = owner()
    membership.committed(Transaction((), (CommittedOffset(SECOND, 9, "nine"),)), 12.0)
    assert membership.proof(14.9) is None
    assert membership.proof(15.0) == Transaction((), (CommittedOffset(FIRST, 5, "five"),))


def test_nothing_older_than_the_last_commit_is_committed_again() -> None:
    membership = owner()
    membership.committed(Transaction((), (CommittedOffset(SECOND, 9), CommittedOffset(FIRST, 6, "six"))), 12.0)
    assert membership.proof(15.0) == Transaction((), (CommittedOffset(FIRST, 6, "six"),))


def test_who_owns_nothing_has_nothing_to_prove() -> None:
    membership = owner()
    membership.revoked(11.0)
    assert membership.proof(100.0) is None
    membership.joined()
    membership.assigned({}, 12.0)
    assert membership.proof(100.0) is None
    assert not membership.is_forgotten(100.0)


def test_a_member_without_an_assignment_for_a_minute_is_forgotten() -> None:
    membership = Membership(0.0)
    assert not membership.is_forgotten(59.9)
    assert membership.is_forgotten(60.0)
    membership.joined()
    assert not membership.is_forgotten(1000.0)
    membership.assigned(HELD, 1001.0)
    membership.revoked(2000.0)
    assert not membership.is_forgotten(2059.9)
    assert membership.is_forgotten(2060.0)
