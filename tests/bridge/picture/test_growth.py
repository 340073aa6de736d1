from hypothesis import given
from hypothesis import strategies as st

from bridge.picture.growth import Counter, Grown, Growth

PUBLISHED = Counter("dispatch.1", "chat_tasks_published_records_total")
OTHERS = Counter("dispatch.2", "chat_tasks_published_records_total")
BOTH = {"dispatch.1", "dispatch.2"}


def test_what_a_counter_has_grown_by() -> None:
    growth = Growth()
    assert growth.since_last({PUBLISHED: 100}, 10.0, BOTH) == {}
    assert growth.since_last({PUBLISHED: 130, OTHERS: 5_000}, 12.0, BOTH) == {PUBLISHED: Grown(30, 2.0)}
    grown = growth.since_last({PUBLISHED: 130, OTHERS: 5_001}, 13.0, BOTH)
    assert grown == {PUBLISHED: Grown(0, 1.0), OTHERS: Grown(1, 1.0)}


def test_a_process_that_was_started_again_counts_from_nothing() -> None:
    growth = Growth()
    growth.since_last({PUBLISHED: 1_000}, 10.0, BOTH)
    assert growth.since_last({PUBLISHED: 7}, 12.0, BOTH) == {PUBLISHED: Grown(7, 2.0)}


def test_what_a_silent_process_did_is_told_when_it_answers_unless_it_was_given_up() -> None:
    growth = Growth()
    growth.since_last({PUBLISHED: 1_000}, 10.0, BOTH)
    assert growth.since_last({}, 12.0, BOTH) == {}
    assert growth.since_last({PUBLISHED: 1_400}, 14.0, BOTH) == {PUBLISHED: Grown(400, 4.0)}
    growth.since_last({}, 16.0, {"dispatch.2"})
    assert growth.since_last({PUBLISHED: 9_000}, 18.0, BOTH) == {}


@given(st.lists(st.integers(min_value=0, max_value=1_000)))
def test_growth_is_never_negative_and_adds_up(increases: list[int]) -> None:
    growth, value, sum_ = Growth(), 0, 0.0
    growth.since_last({PUBLISHED: 0}, 0.0, BOTH)
    for second, increase in enumerate(increases, 1):
        value += increase
        sum_ += growth.since_last({PUBLISHED: value}, float(second), BOTH)[PUBLISHED].amount
    assert sum_ == value
