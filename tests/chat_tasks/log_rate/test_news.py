"""The same trouble is told once a minute."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.log_rate.news import News

TROUBLES = st.sampled_from(["Redis is away", "Kafka is away", "both are"])


@given(troubles=st.lists(st.tuples(TROUBLES, st.floats(0, 40))))
def test_a_trouble_is_told_when_it_was_not_within_the_last_minute(troubles: list[tuple[str, float]]) -> None:
    now = 0.0
    told: dict[str, float] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now)
        news = News()
        for trouble, pause in troubles:
            now += pause
            expected = trouble not in told or now - told[trouble] >= 60
            assert news.is_news(trouble) == expected
            if expected:
                told[trouble] = now
