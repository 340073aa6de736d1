"""One sentence that says how the pipeline stands."""

from collections.abc import Sequence
from typing import NamedTuple

from bridge.picture.light import WORST_FIRST, State
from bridge.picture.stations import Station

_SERVERS_FIRST = ("rows", "queues", "in", "log", "out", "dispatch", "ingest", "workers")


class Standing(NamedTuple):
    """The headline, its state, and since when, in seconds since 1970; None if nobody knows."""

    state: State
    headline: str
    since: float | None


def standing_of(stations: Sequence[Station]) -> Standing:
    """The headline for these stations: the cause comes before what waits for it.

    A server that is away makes processes wait, so servers are named first.
    """
    for state in WORST_FIRST:
        there = [one for one in stations if one.light.state == state]
        if there and state != "flows":
            cause = min(there, key=lambda one: _SERVERS_FIRST.index(one.name))
            words = cause.light.words
            if cause.kind == "process" and state == "waits":
                words = f"{cause.title}: {words}"
            return Standing(cause.light.state, words[:1].upper() + words[1:], cause.light.since)
    return Standing("flows", "Everything flows", None)
