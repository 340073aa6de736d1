"""Partitions that somebody else's transaction holds back are named, and no others."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.kafka.transaction import Partition
from bridge.loop.delivery.held_back import HeldBack

ONE, OTHER = Partition("instant_message_in", 1), Partition("instant_message_in", 2)
BEGIN = (
    "an open transaction of a producer holds instant_message_in[1] back from offset 17 on, {} offsets by now; "
    "`kafka-transactions.sh` names and aborts it"
)


def said(held: HeldBack, now: float, stable: int, end: int) -> list[str]:
    return [line.text for line in held.observe(now, {ONE: stable, OTHER: 5}, {ONE: end, OTHER: 5})]


def test_one_line_when_it_begins_rare_ones_meanwhile_and_one_when_it_ends() -> None:
    held = HeldBack()
    assert said(held, 0, 17, 20) == []
    assert said(held, 9.9, 17, 90) == []
    assert said(held, 10, 17, 137) == [BEGIN.format(120)]
    assert said(held, 309, 17, 1017) == []
    assert said(held, 310, 17, 1017) == [BEGIN.format(1000)]
    assert said(held, 320, 1018, 1018) == ["instant_message_in[1] is not held back at offset 17 any more"]
    assert said(held, 900, 1018, 1018) == []


def test_the_next_transaction_is_another_one() -> None:
    held = HeldBack()
    said(held, 0, 17, 20)
    said(held, 10, 17, 20)
    assert said(held, 12, 30, 40) == ["instant_message_in[1] is not held back at offset 17 any more"]
    assert said(held, 21, 30, 40) == []
    assert len(said(held, 22, 30, 40)) == 1


def test_a_partition_that_was_not_looked_at_has_not_come_free() -> None:
    held = HeldBack()
    said(held, 0, 17, 20)
    assert list(held.observe(5, {}, {})) == []
    assert len(said(held, 10, 17, 20)) == 1


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(0, 3)), max_size=40))
def test_nothing_is_said_of_transactions_that_end_within_ten_seconds(looks: list[tuple[int, int, int]]) -> None:
    held, now, first, since = HeldBack(), 0, 0, None
    for seconds, moved, open_offsets in looks:
        now += seconds
        first += moved
        since = None if not open_offsets else now if since is None or moved else since
        lines = said(held, now, first, first + open_offsets)
        assert (since is not None and now - since >= 10) or not any("holds" in line for line in lines)
