"""What a process shows to a Prometheus server."""

from __future__ import annotations

from collections.abc import Callable
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS

_SECONDS = 10.0

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Metrics:
    """The metrics of one process; each look asks it anew. Names are without the prefix `chat_tasks_`."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/metrics"

    def series(self) -> Series:
        """Every series with its value."""
        with urlopen(self._address, timeout=_SECONDS) as answer:
            text = answer.read().decode()
        return {
            (sample.name.removeprefix("chat_tasks_"), frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def values(self, name: str, **labels: str) -> list[float]:
        """The values of the series of that name that have these labels."""
        return [
            value for (mine, of), value in self.series().items() if mine == name and labels.items() <= dict(of).items()
        ]

    def total(self, name: str, **labels: str) -> float:
        """The sum of these values."""
        return sum(self.values(name, **labels))

    def wait_for(self, what: Callable[[float], bool], name: str, **labels: str) -> None:
        """Wait until the sum is as wanted; fails if it does not become so."""
        seen: list[float] = []

        def look() -> bool:
            try:
                seen.append(self.total(name, **labels))
            except OSError:
                return False
            return what(seen[-1])

        assert wait_until(look, PATIENCE_SECONDS), f"{name}{labels}: {seen[-1:]}"

    def wait_above(self, least: float, name: str, **labels: str) -> None:
        """Wait until the sum is above that."""
        self.wait_for(lambda value: value > least, name, **labels)

    def wait_equal(self, wanted: float, name: str, **labels: str) -> None:
        """Wait until the sum is that, and there is such a series."""
        self.wait_for(lambda value: value == wanted, name, **labels)
        assert self.values(name, **labels), f"no series {name}{labels}"
