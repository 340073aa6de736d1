"""Where a batch ends that cannot be read."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.loop.delivery.unreadable import EndSearch


def searched(first: int, end: int, outside: int, batches_behind: list[int]) -> tuple[int, int]:
    """The end that is found, and after how many fetches; `batches_behind` begin there and cannot be read either."""
    search = EndSearch(first, outside)
    fetches = 0
    while search.end is None:
        fetches += 1
        offset = search.probe
        assert first < offset < outside
        if offset < end:
            search.probed(first)
        else:
            # What can be read is answered as the end of the partition is: by anything but such an error.
            search.probed(max((batch for batch in batches_behind if batch <= offset), default=None))
    return search.end, fetches


@given(st.data())
def test_the_end_is_found_whatever_lies_behind(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, 2**62))
    length = data.draw(st.integers(1, 10**7))
    end = first + length
    outside = data.draw(st.integers(end, end + 10**9))
    batches_behind = data.draw(st.lists(st.integers(end, max(end, outside - 1)), max_size=5))
    found, fetches = searched(first, end, outside, batches_behind)
    assert found == end
    assert fetches <= 2 * length.bit_length() + 1


def test_a_lone_record_takes_one_fetch_however_many_wait_behind_it() -> None:
    assert searched(17, 18, 10**6, []) == (18, 1)


def test_the_last_record_of_a_partition_takes_none() -> None:
    assert searched(17, 18, 18, []) == (18, 0)
