"""A distribution in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stack.percentile import percentile


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles of some values, in their unit."""

    p50: float
    p90: float
    p99: float
    p999: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Percentiles:
        """Of `values`, in any order. Raises `ValueError` if there are none."""
        if not values:
            raise ValueError("no values")
        ordered = sorted(values)
        p50, p90, p99, p999 = (percentile(ordered, share) for share in (0.5, 0.9, 0.99, 0.999))
        return cls(p50, p90, p99, p999, ordered[-1])
