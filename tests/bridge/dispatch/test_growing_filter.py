"""A set that never misses a member, and grows."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.growing_filter import GrowingFilter, capacity_of
from chat_tasks.storage.known_conversations import FilterSegment


def keys(count: int, name: str = "conversation") -> list[bytes]:
    return [f"{name} {number}".encode() for number in range(count)]


def filled(count: int) -> GrowingFilter:
    members = GrowingFilter({}, 0)
    for key in keys(count):
        members.add(key)
    return members


@given(st.lists(st.binary(max_size=20)))
def test_a_key_is_new_once(added: list[bytes]) -> None:
    members = GrowingFilter({}, 0)
    for key in added:
        members.add(key)
    assert not any(members.add(key) for key in added)


@given(st.lists(st.binary(max_size=4)), st.integers(0, 30))
def test_whoever_goes_on_from_what_was_saved_comes_to_the_same(added: list[bytes], after: int) -> None:
    whole, first = GrowingFilter({}, 0), GrowingFilter({}, 0)
    answers = [whole.add(key) for key in added]
    for key in added[:after]:
        first.add(key)
    second = GrowingFilter(first.segments_since(0), first.keys)
    assert [second.add(key) for key in added[after:]] == answers[after:]
    assert second.segments_since(0) == whole.segments_since(0)


def test_what_was_saved_last_may_be_read_on_from_an_earlier_place() -> None:
    whole = filled(300)
    again = GrowingFilter(whole.segments_since(0), 100)
    assert not any(again.add(key) for key in keys(300)[100:])
    assert again.segments_since(0) == whole.segments_since(0)


def test_it_grows_by_segments_each_four_times_as_large_up_to_a_limit() -> None:
    assert [capacity_of(number) for number in range(6)] == [8_192, 32_768, 131_072, 524_288, 524_288, 524_288]
    members = filled(60_000)
    segments = members.segments_since(0)
    assert [segment.keys for segment in segments.values()][:2] == [8_192, 32_768]
    assert [len(segment.bits) for segment in segments.values()] == [2 * capacity_of(number) for number in segments]
    assert not any(members.add(key) for key in keys(60_000))


def test_of_keys_that_are_not_there_few_are_taken_for_members() -> None:
    members = filled(60_000)
    mistaken = sum(not members.add(key) for key in keys(20_000, name="another"))
    assert mistaken < 400


def test_the_layout_is_stored_data() -> None:
    members = filled(9_000)
    assert [crc32(segment.bits) for segment in members.segments_since(0).values()] == [140_349_815, 2_616_915_996]


def test_only_the_segments_that_have_changed_are_saved_again() -> None:
    members = filled(30_000)
    before = members.keys
    assert members.segments_since(before) == {}
    members.add(b"one more")
    assert list(members.segments_since(before)) == [1]
    assert list(members.segments_since(8_192)) == [1]
    assert list(members.segments_since(8_191)) == [0, 1]


def test_segments_that_lack_keys_are_refused() -> None:
    members = filled(10_000)
    segments, count = members.segments_since(0), members.keys
    older = filled(9_000).segments_since(0)
    for broken in (
        {},
        {0: segments[0]},
        {1: segments[1]},
        {0: segments[0], 1: older[1]},
        {0: segments[0]._replace(keys=8_191), 1: segments[1]},
        {0: segments[0], 1: FilterSegment(segments[1].keys, segments[1].bits[:-1])},
    ):
        with pytest.raises(ValueError, match=r"segment \d has"):
            GrowingFilter(broken, count)
