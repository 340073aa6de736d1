"""How long answers are waited for."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.loop.adaptive_timeout import AdaptiveTimeout

TIMES = st.floats(0, 1000)


def test_slow_answers_are_waited_for_longer() -> None:
    patience = AdaptiveTimeout(least=2, most=10)
    assert patience.seconds == 2
    patience.observe(1.5)
    assert patience.seconds == 4.5
    patience.observe(60)
    assert patience.seconds == 10


def test_one_slow_answer_is_forgotten_after_many_quick_ones() -> None:
    patience = AdaptiveTimeout(least=2, most=10)
    patience.observe(60)
    patience.observe(0.01)
    assert patience.seconds == 10
    for _ in range(50):
        patience.observe(0.01)
    assert patience.seconds == 2


@given(st.lists(TIMES), TIMES)
def test_three_of_the_last_answer_are_waited_for_within_the_bounds(before: list[float], last: float) -> None:
    patience = AdaptiveTimeout(least=2, most=10)
    for seconds in (*before, last):
        patience.observe(seconds)
    assert min(3 * last, 10) <= patience.seconds <= 10
    assert patience.seconds >= 2
