"""The last 15 minutes: rates and latencies, in memory."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bridge.picture.growth import Counter, Grown, Growth
from bridge.picture.quantiles import quantile
from bridge.picture.sight import Sight
from chat_tasks.settings import Settings

SECONDS_KEPT = 15 * 60
SECONDS_BETWEEN = 2
_LATENCY = "chat_tasks_end_to_end_duration_seconds_bucket"
# A latency is of the observations of so many looks: at a few messages a second one look has none.
_LOOKS = 5
_SILENT_SECONDS = 5 * SECONDS_BETWEEN


class Moment(NamedTuple):
    """One look. Rates are per second by station, latencies in seconds, None if there is nothing to tell.

    A station whose processes do not answer has no rate: nobody knows it.
    """

    at: float
    rates: Mapping[str, float]
    median: float | None
    p99: float | None


class History:
    """Moments, two seconds apart.

    `Picture` owns one. One thread calls `look`; others read `moments`. Invariant: it keeps
    450 moments and no more, whatever the pipeline does.
    """

    def __init__(self, settings: Settings) -> None:
        self._stations = counted_stations(settings)
        self._growth = Growth()
        self._moments: deque[Moment] = deque(maxlen=SECONDS_KEPT // SECONDS_BETWEEN)
        self._observed: deque[Mapping[float, float]] = deque(maxlen=_LOOKS)
        self._told_at: float | None = None

    @property
    def moments(self) -> Sequence[Moment]:
        """The moments, the oldest first."""
        return list(self._moments)

    def look(self, sight: Sight) -> None:
        """Add a moment if the processes were asked since the last look, or do not answer for long."""
        told_at = sight.processes.at
        if told_at == self._told_at:
            if self._moments and sight.now - self._moments[-1].at >= _SILENT_SECONDS:
                self._moments.append(Moment(sight.now, {}, None, None))
            return
        is_first, self._told_at = self._told_at is None, told_at
        processes = sight.processes.value or []
        in_sight = {one.identity.name for one in processes}
        grown = self._growth.since_last(_counters(sight), sight.now if told_at is None else told_at, in_sight)
        answering = {one.identity.kind for one in processes if one.failure is None}
        rates = {
            station: sum(by.amount / by.seconds for counter, by in grown.items() if matches(counter))
            for station, matches in self._stations.items()
            if matches.kind in answering and not is_first
        }
        self._observed.append(_buckets(grown))
        observed = _sum(self._observed)
        self._moments.append(Moment(sight.now, rates, quantile(0.5, observed), quantile(0.99, observed)))


class _Matches(NamedTuple):
    kind: str
    metric: str
    label: tuple[str, str] | None = None

    def __call__(self, counter: Counter) -> bool:
        return counter.metric == self.metric and (self.label is None or self.label in counter.labels)


def counted_stations(settings: Settings) -> Mapping[str, _Matches]:
    """Which counter of which processes tells the rate of each station."""
    consumed, published = "chat_tasks_consumed_records_total", "chat_tasks_published_records_total"
    return {
        "in": _Matches("ingest", consumed, ("topic", settings.message_topic)),
        "ingest": _Matches("ingest", published, ("topic", settings.log_topic)),
        "log": _Matches("dispatch", consumed, ("topic", settings.log_topic)),
        "dispatch": _Matches("dispatch", published, ("topic", settings.output_topic)),
        "queues": _Matches("dispatch", "chat_tasks_tasks_total"),
        "workers": _Matches("dispatch", "chat_tasks_answers_total"),
        "rows": _Matches("dispatch", "chat_tasks_rows_written_total"),
        "out": _Matches("dispatch", published, ("topic", settings.output_topic)),
    }


def _counters(sight: Sight) -> dict[Counter, float]:
    return {
        Counter(process.identity.name, metric, labels): value
        for process in sight.processes.value or []
        for metric, samples in process.samples.items()
        if metric.endswith("_total") or metric == _LATENCY
        for labels, value in samples.items()
    }


def _buckets(grown: Mapping[Counter, Grown]) -> Mapping[float, float]:
    buckets: dict[float, float] = {}
    for counter, by in grown.items():
        if counter.metric == _LATENCY:
            bound = dict(counter.labels).get("le", "")
            number = math.inf if bound == "+Inf" else float(bound)
            buckets[number] = buckets.get(number, 0.0) + by.amount
    return buckets


def _sum(all_buckets: Sequence[Mapping[float, float]] | deque[Mapping[float, float]]) -> Mapping[float, float]:
    total: dict[float, float] = {}
    for buckets in all_buckets:
        for bound, count in buckets.items():
            total[bound] = total.get(bound, 0.0) + count
    return total
