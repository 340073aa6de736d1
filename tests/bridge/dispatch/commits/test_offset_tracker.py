"""Which offsets are unfinished: a tracker against a plain set."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.dispatch.commits.offset_encoding import encode_bitmap
from bridge.dispatch.commits.offset_tracker import OffsetTracker


def test_offsets_finish_in_any_order() -> None:
    tracker = OffsetTracker(committed=100)
    assert all(tracker.deliver(offset) for offset in (100, 101, 102))
    tracker.finish(101)
    assert tracker.committable == 100
    tracker.finish(100)
    assert tracker.committable == 102
    tracker.finish(102)
    assert tracker.committable == tracker.high_watermark == 103


def test_a_successor_skips_what_was_finished() -> None:
    tracker = OffsetTracker(committed=100)
    for offset in (100, 101, 102):
        tracker.deliver(offset)
    tracker.finish(101)
    successor = OffsetTracker(tracker.committable, tracker.encode())
    assert [successor.deliver(offset) for offset in (100, 101, 102, 103)] == [True, False, True, True]


def test_offsets_that_are_never_delivered_hold_nothing_back() -> None:
    tracker = OffsetTracker(committed=100)
    tracker.deliver(105)
    assert tracker.committable == 105


def test_finishing_twice_is_publishing_twice() -> None:
    tracker = OffsetTracker(committed=100)
    tracker.deliver(100)
    tracker.finish(100)
    with pytest.raises(ValueError, match="offset 100 is not unfinished"):
        tracker.finish(100)


@pytest.mark.parametrize("offset", [0, 99, 101, 10**9])
def test_what_was_never_delivered_cannot_finish(offset: int) -> None:
    tracker = OffsetTracker(committed=100)
    tracker.deliver(100)
    with pytest.raises(ValueError, match="is not unfinished"):
        tracker.finish(offset)


@pytest.mark.parametrize("committed", [0, 7, 8, 15, 16, 1000])
def test_the_metadata_of_another_commit_is_refused(committed: int) -> None:
    # Bits 1 and 3 from offset 8 on: made at a commit of offset 9.
    encoded = encode_bitmap(b"\x0a", 5)
    assert OffsetTracker(9, encoded).high_watermark == 13
    with pytest.raises(ValueError, match=f"do not belong to offset {committed}"):
        OffsetTracker(committed, encoded)


class TrackedOffsets(RuleBasedStateMachine):
    """`bound` is what the encoding may take until more is delivered."""

    @initialize(committed=st.integers(0, 2000))
    def start(self, committed: int) -> None:
        self.tracker = OffsetTracker(committed)
        self.unfinished: set[int] = set()
        self.high = committed
        self.bound = self.tracker.largest_encoding()

    @rule(count=st.integers(1, 3) | st.integers(1, 2000), gap=st.integers(0, 2) | st.integers(0, 20_000))
    def deliver(self, count: int, gap: int) -> None:
        first = self.high + gap
        for offset in range(first, first + count):
            assert self.tracker.deliver(offset)
        self.unfinished.update(range(first, first + count))
        self.high = first + count
        self.bound = self.tracker.largest_encoding()

    @rule(step=st.integers(-3000, 3000))
    def pass_to(self, step: int) -> None:
        end = max(0, self.high + step)
        assert self.tracker.pass_to(end) == (end > self.high)
        self.high = max(self.high, end)
        self.bound = self.tracker.largest_encoding()

    @rule(back=st.integers(1, 3000))
    def deliver_again(self, back: int) -> None:
        if (offset := self.high - back) >= 0:
            assert self.tracker.deliver(offset) == (offset in self.unfinished)

    @precondition(lambda self: self.unfinished)
    @rule(start=st.floats(0, 1), count=st.integers(1, 2) | st.integers(1, 2000), step=st.integers(1, 70))
    def finish(self, start: float, count: int, step: int) -> None:
        in_order = sorted(self.unfinished)
        for offset in in_order[int(start * (len(in_order) - 1)) :: step][:count]:
            self.tracker.finish(offset)
            self.unfinished.remove(offset)

    @rule()
    def encode(self) -> None:
        assert len(self.tracker.encode()) <= self.bound

    @rule()
    def resume(self) -> None:
        encoded = self.tracker.encode()
        assert len(encoded) <= self.bound
        self.tracker = OffsetTracker(self.tracker.committable, encoded)
        self.bound = self.tracker.largest_encoding()

    @invariant()
    def the_lowest_unfinished_offset_is_committable(self) -> None:
        assert self.tracker.high_watermark == self.high
        assert self.tracker.committable == min(self.unfinished, default=self.high)

    @invariant()
    def it_knows_exactly_the_unfinished_ones(self) -> None:
        assert all(map(self.tracker.is_unfinished, self.unfinished))
        beside = {offset + step for offset in self.unfinished | {self.high} for step in (-1, 1)}
        assert not any(map(self.tracker.is_unfinished, beside - self.unfinished))


TestTrackedOffsets = TrackedOffsets.TestCase
