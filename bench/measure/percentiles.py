"""A distribution in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stack.percentile import percentile

# So many values must lie beyond a percentile: with fewer, it says what chance has done.
_BEYOND = 5


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles of some values, in their unit; None if there are too few values for one."""

    p50: float
    p90: float | None
    p99: float | None
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Percentiles:
        """Of `values`, in any order. Raises `ValueError` if there are none."""
        if not values:
            raise ValueError("no values")
        ordered = sorted(values)
        p90, p99 = (
            percentile(ordered, share) if len(ordered) * (1 - share) >= _BEYOND else None for share in (0.9, 0.99)
        )
        return cls(percentile(ordered, 0.5), p90, p99, ordered[-1])
