"""Which numbers a page shows, and what of them is missing."""

from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.pages import MissingRows, Page, StoredMessage, is_erased, page_of, with_missing

NUMBERS = st.integers(0, 60)


@given(NUMBERS, st.integers(1, 20), NUMBERS)
def test_a_page_has_the_numbers_nearest_to_what_was_asked(newest: int, limit: int, number: int) -> None:
    everything = list(range(newest + 1))
    last = page_of(newest, limit, around=None, before=None, after=None)
    assert list(range(*last)) == everything[-limit:]
    before = page_of(newest, limit, around=None, before=number, after=None)
    assert list(range(*before)) == everything[:number][-limit:]
    after = page_of(newest, limit, around=None, before=None, after=number)
    assert list(range(*after)) == everything[number + 1 :][:limit]
    around = page_of(newest, limit, around=number, before=None, after=None)
    assert (number in range(*around)) == (number <= newest)
    assert len(range(*around)) <= limit


@given(NUMBERS, st.integers(0, 20), st.sets(NUMBERS))
def test_every_number_of_a_page_is_a_row_or_missing(first: int, length: int, there: set[int]) -> None:
    page = Page(first, first + length)
    rows = [StoredMessage(one, "", [], "", None, is_erased=False) for one in sorted(there) if one in range(*page)]
    found: list[int] = []
    for one in with_missing(rows, page):
        if isinstance(one, MissingRows):
            assert one.first <= one.last
            assert there.isdisjoint(range(one.first, one.last + 1))
            found.extend(range(one.first, one.last + 1))
        else:
            found.append(one.sequence)
    assert found == list(range(*page))


def test_an_empty_text_that_was_sent_is_not_erased() -> None:
    assert not is_erased("", written_at=8, log_offset=7)
    assert not is_erased("text", written_at=10**15, log_offset=7)
    assert is_erased("", written_at=10**15, log_offset=7)
    assert is_erased(None, written_at=None, log_offset=7)
