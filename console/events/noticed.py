"""What the console notices itself: processes that are gone or back, servers that are away, Cassandra's nodes."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.picture.sight import Sight
from bridge.picture.sources.source import Reading
from console.events.event import Event

_PROCESS = "console"


class Noticing:
    """Compares what is seen with what was seen before.

    The watch owns one, and its sampler calls it in one thread. What is seen for the first time is no news. Invariant: a
    server, node or process is told of only if it changed between two looks.
    """

    def __init__(self) -> None:
        self._before: dict[str, bool] = {}

    def look(self, sight: Sight) -> list[Event]:
        """What has changed since the last look."""
        now = dict(_states(sight))
        changed = [name for name, is_well in now.items() if self._before.get(name, is_well) != is_well]
        self._before |= now
        return [_event(sight, name, is_well=now[name]) for name in changed]


def _states(sight: Sight) -> Iterator[tuple[str, bool]]:
    """The name of everything that may be well or not, with a first word that says what it is."""
    for name, reading in _servers(sight).items():
        if reading.at is not None or reading.failure is not None:
            yield f"server {name}", reading.failure is None
    if sight.rows.failure is None and sight.rows.value is not None:
        for node, is_up in sight.rows.value.nodes.items():
            yield f"node {node}", is_up
    for process in sight.processes.value or ():
        yield f"process {process.identity.name}", process.failure is None


def _servers(sight: Sight) -> Mapping[str, Reading[Any]]:
    return {"Kafka": sight.positions, "Redis": sight.queues, "Cassandra": sight.rows}


def _event(sight: Sight, state: str, *, is_well: bool) -> Event:
    what, _, name = state.partition(" ")
    level = "info" if is_well else "error"
    if what == "server":
        reading = _servers(sight)[name]
        said = f"{name} answers again" if is_well else f"{name} does not answer: {reading.failure}"
        return Event(sight.now, _PROCESS, level, "server_back" if is_well else "server_away", said)
    if what == "node":
        said = f"Cassandra node {name} is {'up' if is_well else 'down'}"
        return Event(sight.now, _PROCESS, level, "node_up" if is_well else "node_down", said)
    said = f"{name} answers again" if is_well else f"{name} does not answer any more"
    return Event(sight.now, _PROCESS, level, "process_back" if is_well else "process_gone", said)
