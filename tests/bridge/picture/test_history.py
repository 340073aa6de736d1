import pytest

from bridge.picture.history import SECONDS_KEPT, History
from bridge.picture.sight import Sight
from bridge.picture.sources.processes import Identity, Process, samples_of
from bridge.picture.sources.source import Reading
from chat_tasks.settings import Settings

DISPATCH = Identity("dispatch", "dispatch.1", "127.0.0.1:1")


def sight(at: float, text: str, *, told_at: float | None = None) -> Sight:
    """What is seen if dispatch shows these metrics."""
    told = Process(DISPATCH, samples_of(text), is_ready=True, detail={})
    processes = Reading([told], at if told_at is None else told_at)
    return Sight(at, Reading(), Reading(), Reading(), processes, Reading())


def published(count: int, *, below_50_ms: int = 0) -> str:
    return f"""\
# TYPE chat_tasks_published_records counter
chat_tasks_published_records_total{{topic="instant_message_out"}} {count}
# TYPE chat_tasks_end_to_end_duration_seconds histogram
chat_tasks_end_to_end_duration_seconds_bucket{{le="0.025"}} 0
chat_tasks_end_to_end_duration_seconds_bucket{{le="0.05"}} {below_50_ms}
chat_tasks_end_to_end_duration_seconds_bucket{{le="+Inf"}} {below_50_ms}
"""


def test_a_rate_is_what_was_published_in_a_second() -> None:
    history = History(Settings())
    history.look(sight(100.0, published(1_000)))
    history.look(sight(102.0, published(1_500, below_50_ms=10)))
    first, second = history.moments
    assert first.rates == {}
    assert second.rates["out"] == 250
    assert second.rates["queues"] == 0
    # No ingest is there that could tell.
    assert "ingest" not in second.rates
    assert (second.median, second.p99) == pytest.approx((0.0375, 0.04975))


def test_a_look_at_the_same_answer_adds_nothing() -> None:
    history = History(Settings())
    history.look(sight(100.0, published(1_000)))
    history.look(sight(101.0, published(1_000), told_at=100.0))
    assert len(history.moments) == 1


def test_a_process_that_does_not_answer_for_a_moment_leaves_a_gap_and_no_dip() -> None:
    history = History(Settings())
    history.look(sight(100.0, published(1_000)))
    history.look(sight(102.0, published(1_500)))
    silent = Process(DISPATCH, {}, is_ready=False, detail={}, failure="dispatch.1 does not answer")
    history.look(Sight(104.0, Reading(), Reading(), Reading(), Reading([silent], 104.0), Reading()))
    history.look(sight(106.0, published(2_500)))
    assert [moment.rates.get("out") for moment in history.moments] == [None, 250, None, 250]


def test_processes_that_are_silent_for_long_leave_a_gap() -> None:
    history = History(Settings())
    history.look(sight(100.0, published(1_000)))
    history.look(sight(115.0, published(1_000), told_at=100.0))
    assert [moment.rates for moment in history.moments] == [{}, {}]
    assert history.moments[-1].median is None


def test_it_keeps_fifteen_minutes_and_no_more() -> None:
    history = History(Settings())
    for second in range(0, 3 * SECONDS_KEPT, 2):
        history.look(sight(float(second), published(second)))
    assert history.moments[-1].at - history.moments[0].at == SECONDS_KEPT - 2
