"""The names of series."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tasks.metrics.metric import Kind, Metric


def series_names(metric: Metric) -> Iterator[str]:
    """The names that a Prometheus server gives to the series of a metric."""
    if metric.kind is Kind.HISTOGRAM:
        yield from (f"{metric.name}_{suffix}" for suffix in ("bucket", "count", "sum"))
    else:
        yield metric.name
