"""What a look through letters shows: all figures, and the newest letters in their order."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bridge.letters.dead_letter import DeadLetter, time_of
from bridge.letters.selection import Selection
from bridge.letters.states import LetterState
from bridge.picture.sources.source import Reading
from bridge.records.dead_letters import DeadLetterContext, Source
from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import Letter
from bridge.records.replay_receipts import LetterId
from console.letters.filters import Filters
from console.letters.look import Gathering, Kind
from console.letters.page import letters_view

MOST = 4


def letter(offset: int, written_at: int, quarantined: Letter | None = None) -> DeadLetter:
    context = DeadLetterContext([], Source("in", 0, 0, "VALUE_CONVERTER", "i"), "InvalidRecord", "body: too long")
    return DeadLetter(LetterId(0, offset), written_at, b"k", b"value", [], context, quarantined)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(LetterState))), st.none() | st.sampled_from(LetterState))
def test_figures_count_every_state_and_the_list_has_the_newest_of_one(
    found: list[tuple[int, LetterState]], wanted: LetterState | None
) -> None:
    gathering = Gathering(Selection(state=wanted), MOST)
    assert gathering.wanted == Selection()
    for offset, (written_at, state) in enumerate(found):
        gathering.take(letter(offset, written_at), state)
    look = gathering.look()
    kind = Kind("VALUE_CONVERTER", "body")
    assert sum(look.figures.values()) == len(found)
    assert all(look.figures[kind, state] == sum(one == state for _, one in found) for _, state in look.figures)
    matching = [(at, offset) for offset, (at, state) in enumerate(found) if wanted in {None, state}]
    assert look.total == len(matching)
    assert [one["id"] for one in look.listed] == [f"0@{offset}" for _, offset in sorted(matching, reverse=True)[:MOST]]


@given(st.integers(0, 12), st.integers(1, 5))
def test_pages_of_a_list_have_each_letter_once_and_lead_back(number: int, limit: int) -> None:
    gathering = Gathering(Selection(), 100)
    for offset in range(number):
        gathering.take(letter(offset, offset), LetterState.WAITING)
    reading = Reading(gathering.look(), 1.0)
    pages = [letters_view(reading, None, limit)]
    while (older := pages[-1].older) is not None:
        pages.append(letters_view(reading, older, limit))
    assert [one.id for page in pages for one in page.letters] == [f"0@{offset}" for offset in reversed(range(number))]
    assert pages[0].newer is None
    for before, page in pairwise(pages):
        assert page.newer is not None
        assert letters_view(reading, page.newer or None, limit).letters == before.letters


@given(st.lists(st.integers(0, 9), max_size=30))
def test_letters_beyond_the_list_are_reached_by_its_last_time(found: list[int]) -> None:
    everything = [letter(offset, written_at) for offset, written_at in enumerate(found)]
    selection = Selection()
    seen: set[str] = set()
    while True:
        gathering = Gathering(selection, MOST)
        for one in everything:
            if selection.has(one, LetterState.WAITING):
                gathering.take(one, LetterState.WAITING)
        page = letters_view(Reading(gathering.look(), 1.0), None, MOST)
        seen |= {one.id for one in page.letters}
        if page.older_until is None:
            break
        until = Filters(until=page.older_until).selection().until
        assert until is not None
        assert selection.until is None or until < selection.until
        selection = replace(selection, until=until)
    if page.total == page.listed:
        assert len(seen) == len(found)
    else:
        # It ends at a moment that fills a list.
        [moment] = {one.time for one in page.letters}
        assert [time_of(at) for at in found].count(moment) >= MOST


def test_a_record_that_was_taken_again_is_held_once() -> None:
    gathering = Gathering(Selection(), 10)
    for offset, logged in enumerate((7, 7, 8)):
        record = LogRecord(0, logged, b"1", b"{}", [], replay=False)
        gathering.take(letter(offset, offset, Letter("c", record, "log")), LetterState.WAITING)
    record = LogRecord(0, 9, b"1", b"{}", [], replay=False)
    gathering.take(letter(4, 4, Letter("c", record, "log")), LetterState.RELEASED)
    assert gathering.look().held == {"c": 2}
