"""Shows samples to a Prometheus server, in its text format."""

from collections.abc import Iterable, Iterator
from typing import Any

from chat_tasks.metrics.histogram import Histogram
from chat_tasks.metrics.metric import Kind, Metric, Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(samples: Iterable[Sample]) -> bytes:
    """The text with these samples, of the type `CONTENT_TYPE`."""
    # The library takes 50 ms to import. That is for the first who asks, and not for the start of the process.
    from prometheus_client import CollectorRegistry  # noqa: PLC0415
    from prometheus_client.exposition import generate_latest  # noqa: PLC0415

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(samples))
    text: bytes = generate_latest(registry)
    return text


class _Once:
    """A collector for one exposition: it makes the library's objects anew each time, so that none is ever left over."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = samples

    def describe(self) -> Iterable[Any]:
        return ()

    def collect(self) -> Iterator[Any]:
        by_metric: dict[Metric, Any] = {}
        for sample in self._samples:
            family = by_metric.get(sample.metric)
            if family is None:
                family = by_metric[sample.metric] = _family(sample.metric)
            if isinstance(sample.value, Histogram):
                family.add_metric(sample.labels, sample.value.cumulative(), sample.value.total)
            else:
                family.add_metric(sample.labels, sample.value)
        yield from by_metric.values()


def _family(metric: Metric) -> Any:
    from prometheus_client import core  # noqa: PLC0415

    families: dict[Kind, Any] = {
        Kind.COUNTER: core.CounterMetricFamily,
        Kind.GAUGE: core.GaugeMetricFamily,
        Kind.HISTOGRAM: core.HistogramMetricFamily,
    }
    return families[metric.kind](metric.name, metric.meaning, labels=metric.labels)
