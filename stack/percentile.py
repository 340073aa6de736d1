"""A percentile of values that are sorted already."""

from __future__ import annotations


def percentile(sorted_values: list[float], share: float) -> float:
    """The value below which that share (0 to 1) of the values lies; nearest rank."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
