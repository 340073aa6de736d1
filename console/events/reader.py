"""What processes tell of themselves: asks each for the events of its log that came since it was asked last."""

import http.client
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from bridge.picture.sources.processes import Identity, Process
from chat_tasks.http.client import get
from console.events.event import Event, EventLog

_SECONDS = 2.0
_AT_ONCE = 8
_OK = 200


class _Heard(NamedTuple):
    life: str
    number: int


class EventReader:
    """Asks those processes that answer. A source owns it and calls it in its thread.

    What a process has logged is told once. A process that was started again tells so by its new `life`.
    """

    def __init__(self, processes: Callable[[], list[Process]], log: EventLog) -> None:
        """`processes` are those to ask, and `log` gets what they tell."""
        self._processes = processes
        self._log = log
        self._heard: dict[str, _Heard] = {}

    def __call__(self) -> None:
        """Ask all of them at once; blocks for two seconds at most. What does not answer now is asked again."""
        there = [one.identity for one in self._processes() if one.failure is None]
        with ThreadPoolExecutor(_AT_ONCE, "events") as pool:
            told = [event for events in pool.map(self._ask, there) for event in events]
        self._heard = {one.address: self._heard[one.address] for one in there if one.address in self._heard}
        self._log.add(told, time.time())

    def _ask(self, process: Identity) -> list[Event]:
        heard = self._heard.get(process.address)
        asked = {} if heard is None else {"life": heard.life, "after": heard.number}
        host, _, port = process.address.rpartition(":")
        try:
            answer = get(host, int(port), f"/events?{urlencode(asked)}", _SECONDS)
            if answer.status != _OK:
                return []
            document: Mapping[str, Any] = orjson.loads(answer.body)
            life, told = str(document["life"]), document["events"]
            number = max([one["number"] for one in told], default=heard.number if heard and heard.life == life else 0)
            events = [
                Event(float(one["at"]), process.name, str(one["level"]), str(one["event"]), str(one["message"]))
                for one in told
            ]
        except (OSError, http.client.HTTPException, KeyError, TypeError, ValueError):
            # It has ended, or is of a version that has no events. Whether it answers is told elsewhere.
            return []
        self._heard[process.address] = _Heard(life, number)
        if heard is not None and heard.life != life:
            said = f"{process.name} was started again"
            events.append(Event(time.time(), "console", "warning", "process_started_again", said))
        return events
