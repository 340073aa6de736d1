"""What is waited for, and for how long."""

from bridge.dispatch.scheduling.gathering import Gathering


def test_nothing_is_waited_for_where_nothing_has_come() -> None:
    assert Gathering(2.0).more_until(7.0) is None


def test_more_is_waited_for_from_the_first_piece_on_and_no_longer_for_later_ones() -> None:
    one = Gathering(2.0)
    one.arrived(7.0)
    one.arrived(8.5)
    assert one.more_until(8.5) == 9.0
    assert one.more_until(9.0) is None


def test_what_comes_after_all_was_taken_is_a_first_piece_again() -> None:
    one = Gathering(2.0)
    one.arrived(7.0)
    one.flushed()
    assert one.more_until(7.5) is None
    one.arrived(8.0)
    assert one.more_until(8.0) == 10.0
