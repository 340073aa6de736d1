"""What the light of a station says."""

from typing import Any, Literal, NamedTuple

from bridge.picture.sources.source import Reading

State = Literal["unknown", "flows", "waits", "dead"]

WORST_FIRST: tuple[State, ...] = ("dead", "waits", "unknown", "flows")


class Light(NamedTuple):
    """The state of a station, in words, and since when, in seconds since 1970; None if nobody knows."""

    state: State
    words: str
    since: float | None = None


def of_server(name: str, reading: Reading[Any]) -> Light | None:
    """The light of a station whose server is asked; None if the server answers."""
    if reading.failure is not None:
        return Light("dead", f"{name} does not answer", reading.failing_since)
    if reading.value is None:
        return Light("unknown", f"asking {name}")
    return None


def worst(lights: list[Light]) -> Light:
    """The light to show for all of these."""
    return min(lights, key=lambda light: WORST_FIRST.index(light.state))
