"""What the console keeps of what happened, and what it notices itself."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.letters.waiting import Waiting
from bridge.picture.sight import Sight
from bridge.picture.sources.processes import Identity, Process
from bridge.picture.sources.rows import Rows
from bridge.picture.sources.source import Reading
from console.events.event import SECONDS_KEPT, Event, EventLog
from console.events.noticed import Noticing


def event(at: float) -> Event:
    return Event(at, "dispatch.1", "warning", "task_lost", f"at {at}")


@given(st.lists(st.floats(0, 2_000), max_size=50))
def test_the_newest_come_first_in_whatever_order_they_were_told(times: list[float]) -> None:
    log = EventLog()
    for at in times:
        log.add([event(at)], 2_000)
    kept = [one.at for one in log.newest(1_000, 2_000)]
    assert kept == sorted((at for at in times if 2_000 - at < SECONDS_KEPT), reverse=True)
    assert [one.at for one in log.newest(3, 2_000)] == kept[:3]


def test_it_keeps_two_thousand_and_no_more() -> None:
    log = EventLog()
    log.add([event(float(at)) for at in range(5_000)], 5_000)
    log.add([event(5_000.0 + at / 1_000) for at in range(5_000)], 5_005)
    kept = log.newest(10_000, 5_005)
    assert len(kept) == 2_000
    assert kept[0].at == 5_004.999


def process(name: str, failure: str | None = None) -> Process:
    return Process(Identity(name.partition(".")[0], name, "127.0.0.1:1"), {}, failure is None, {}, failure)


def sight(**changed: Any) -> Sight:
    """Everything answers, but for what is changed."""
    well = Sight(
        10.0,
        Reading([], 9.0),
        Reading({}, 9.0),
        Reading(Rows({"10.0.0.1": True}, []), 9.0),
        Reading([process("worker.1")], 9.0),
        Reading(Waiting({}, None), 9.0),
    )
    return well._replace(**changed)


def noticed(*sights: Sight) -> list[tuple[str, str]]:
    noticing = Noticing()
    return [(one.event, one.message) for seen in sights for one in noticing.look(seen)]


def test_what_is_seen_first_is_no_news_and_what_stays_so_neither() -> None:
    away = sight(rows=Reading(None, None, "unreachable", 9.0), processes=Reading([process("worker.1", "gone")], 9.0))
    assert noticed(sight(), sight()) == []
    assert noticed(away, away) == []


def test_a_process_that_goes_and_comes_back_is_told_once_each() -> None:
    gone = sight(processes=Reading([process("worker.1", "worker.1 does not answer")], 9.0))
    assert noticed(sight(), gone, gone, sight()) == [
        ("process_gone", "worker.1 does not answer any more"),
        ("process_back", "worker.1 answers again"),
    ]


def test_a_node_is_told_down_and_up_and_a_server_that_is_away_says_nothing_of_its_nodes() -> None:
    down = sight(rows=Reading(Rows({"10.0.0.1": False}, []), 9.0))
    away = sight(rows=Reading(Rows({"10.0.0.1": True}, []), 9.0, "unreachable", 9.5))
    assert noticed(sight(), down, away, sight()) == [
        ("node_down", "Cassandra node 10.0.0.1 is down"),
        ("server_away", "Cassandra does not answer: unreachable"),
        ("server_back", "Cassandra answers again"),
        ("node_up", "Cassandra node 10.0.0.1 is up"),
    ]
