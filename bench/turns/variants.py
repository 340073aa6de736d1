"""What is compared: each variant puts something in place of a policy of the bridges for as long as its turn lasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.dispatch.scheduling.gathering import Gathering
from bridge.loop.transactions.pacing import Pace

TURN_SECONDS = 2.0

Patch = tuple[type, str, Callable[..., Any]]


def _25_ms(_: Pace) -> float:
    return 0.025


def _8_ms(_: Gathering) -> float:
    return 0.008


VARIANTS: Mapping[str, Sequence[Patch]] = {
    "now": (),
    "before": (
        (Pace, "shortest_pause", _25_ms),
        (Gathering, "expected_spread", _8_ms),
    ),
    "records-8-ms": ((Gathering, "expected_spread", _8_ms),),
    "25-ms-everywhere": ((Pace, "shortest_pause", _25_ms),),
}


def turn_at(seconds: float, variants: Sequence[str]) -> tuple[str, float]:
    """Whose turn it is at that time, in seconds since 1970, and how long it has lasted."""
    number, lasted = divmod(seconds, TURN_SECONDS)
    return variants[int(number) % len(variants)], lasted
