from typing import Any

from bridge.kafka.reading.first_waiting import FirstWaiting
from bridge.letters.waiting import Waiting
from bridge.picture.sight import Sight
from bridge.picture.sources.positions import Position
from bridge.picture.sources.processes import Identity, Process, samples_of
from bridge.picture.sources.rows import Rows
from bridge.picture.sources.source import Reading
from bridge.picture.standing import standing_of
from bridge.picture.stations import stations_of
from chat_tasks.settings import Settings

SERVED = """\
# TYPE chat_tasks_queue_served gauge
chat_tasks_queue_served{queue="chat.00"} 1
chat_tasks_queue_served{queue="chat.01"} 1
"""


def process(kind: Any, *troubles: str, metrics: str = "", failure: str | None = None) -> Process:
    identity = Identity(kind, f"{kind}.1", "127.0.0.1:1")
    return Process(identity, samples_of(metrics), not troubles, {"troubles": list(troubles)}, failure)


def sight(**changed: Any) -> Sight:
    """A pipeline in which all is well, but for what is changed."""
    positions = [
        Position("chat-ingest", "instant_message_in", 0, 0, 7, 7, ""),
        Position("chat-dispatch", "conversation_log", 0, 0, 9, 9, ""),
    ]
    well = Sight(
        1_000.0,
        Reading(positions, 999.0),
        Reading({"chat.00": 0, "chat.01": 0}, 999.0),
        Reading(Rows({"10.0.0.1": True}, []), 999.0),
        Reading([process("ingest"), process("dispatch", metrics=SERVED), process("worker")], 999.0),
        Reading(Waiting({"VALUE_CONVERTER": 0}, None), 999.0),
    )
    return well._replace(**changed)


def standing(seen: Sight) -> tuple[str, str]:
    found = standing_of(stations_of(Settings(), seen))
    return found.state, found.headline


def test_everything_flows() -> None:
    assert standing(sight()) == ("flows", "Everything flows")


def test_the_server_is_named_and_not_those_that_wait_for_it() -> None:
    waiting = [process("ingest"), process("dispatch", "no Cassandra node answers"), process("worker")]
    rows: Reading[Rows] = Reading(Rows({}, []), 900.0).failed("no Cassandra node answers", 988.0)
    seen = sight(rows=rows, processes=Reading(waiting, 999.0))
    found = standing_of(stations_of(Settings(), seen))
    assert (found.state, found.headline, found.since) == ("dead", "Cassandra does not answer", 988.0)


def test_a_process_says_itself_why_it_waits() -> None:
    waiting = [process("ingest", "no assignment yet: joining"), process("dispatch", metrics=SERVED), process("worker")]
    assert standing(sight(processes=Reading(waiting, 999.0))) == ("waits", "Ingest: no assignment yet: joining")


def test_a_kind_of_process_of_which_there_is_none_is_dead() -> None:
    some = [process("ingest"), process("dispatch", metrics=SERVED)]
    assert standing(sight(processes=Reading(some, 999.0))) == ("dead", "No worker answers")


def test_a_queue_without_workers_is_named() -> None:
    unserved = SERVED.replace('"chat.01"} 1', '"chat.01"} 0')
    some = [process("ingest"), process("dispatch", metrics=unserved), process("worker")]
    assert standing(sight(processes=Reading(some, 999.0))) == ("waits", "No worker takes from chat.01")


def test_nothing_is_known_yet() -> None:
    empty: Any = Reading()
    seen = Sight(1_000.0, empty, empty, empty, empty, empty)
    assert standing(seen)[0] == "unknown"


def test_what_waits_is_told_by_the_bridge_and_else_counted_in_offsets() -> None:
    positions = Reading([Position("chat-dispatch", "conversation_log", 0, 0, 12, 9, "")], 999.0)
    lag = '# TYPE chat_tasks_lag_records gauge\nchat_tasks_lag_records{topic="conversation_log",partition="0"} 2\n'
    told = sight(positions=positions, processes=Reading([process("dispatch", metrics=lag)], 999.0))
    without = sight(positions=positions, processes=Reading([], 999.0))
    waits = [
        next(one for one in stations_of(Settings(), seen) if one.name == "log").figures[0].value
        for seen in (told, without)
    ]
    assert waits == [2, 3]


def test_a_position_that_stands_still_knows_what_waits_there() -> None:
    record, marker = FirstWaiting(9, 3, 880.0), FirstWaiting(9, 0, None)
    moving = Position("chat-dispatch", "conversation_log", 0, 0, 12, 9, "")
    positions = [moving._replace(first=first) for first in (None, record, marker)]
    assert [(one.waiting, one.oldest) for one in positions] == [(3, None), (3, 880.0), (0, None)]
    seen = sight(positions=Reading(positions, 999.0), processes=Reading([], 999.0))
    [log] = [one for one in stations_of(Settings(), seen) if one.name == "log"]
    assert [figure.value for figure in log.figures[:2]] == [6, 120.0]


def test_without_dispatch_the_workers_say_which_queues_they_serve() -> None:
    def served(*processes: Process) -> float | None:
        stations = stations_of(Settings(), sight(processes=Reading(list(processes), 999.0)))
        [queues] = [one for one in stations if one.name == "queues"]
        return next(one.value for one in queues.figures if one.label == "served")

    one = process("worker")._replace(detail={"queues": ["chat.00"]})
    assert served(one) == 1
    assert served(one, one._replace(detail={"queues": ["chat.01"]})) == 2
    assert served(one._replace(failure="worker.1 does not answer")) is None
    assert served(one, process("dispatch", metrics=SERVED)) == 2
