"""What a metric is, and one value of it."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from chat_tasks.metrics.histogram import Histogram

LabelT = TypeVar("LabelT", bound=str)
LabelsT = TypeVar("LabelsT", bound=tuple[str, ...])


class Kind(StrEnum):
    """How a metric's value moves.

    - COUNTER: it only grows, and begins at 0 with its process.
    - GAUGE: it goes up and down.
    - HISTOGRAM: it counts measurements by their size.
    """

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """A metric's name and labels, and in `meaning` what it measures."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str

    def sample(self, value: "float | Histogram", *labels: str) -> "Sample":
        """A value of the metric, with the values of its labels in their order."""
        return Sample(self, labels, value)

    def samples(self, values: "Mapping[LabelT, float] | Mapping[LabelT, Histogram]") -> "Iterator[Sample]":
        """The values of a metric with one label, by that label's value."""
        # A copy, because another thread may add to it: CPython makes it in one step.
        copy: dict[LabelT, Any] = dict(values)
        for label, value in copy.items():
            yield Sample(self, (str(label),), value)

    def samples_of_several(self, values: "Mapping[LabelsT, float]") -> "Iterator[Sample]":
        """The values of a metric with several labels, by the values of these."""
        for labels, value in dict(values).items():
            yield Sample(self, tuple(map(str, labels)), value)


class Sample(NamedTuple):
    """One value of a metric, with the values of its labels."""

    metric: Metric
    labels: tuple[str, ...]
    value: float | Histogram
