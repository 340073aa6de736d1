"""Asks the processes of a pipeline what they show, every five seconds, and keeps it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

STEP_SECONDS = 5.0
JOB = "chat-tasks"
_SECONDS = 2.0

SeriesName = tuple[str, tuple[tuple[str, str], ...]]


class Recorder:
    """The series of one pipeline, as a Prometheus server would have them; a value that is missing is None.

    A thread of its own asks; `ports` may be added to at any time, by the name of the process.
    """

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.series: dict[SeriesName, list[float | None]] = {}
        self.times: list[float] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()
        self._thread.join()

    def now(self) -> int:
        """The seconds of the recording's own time: how often was asked, times the step."""
        return int(len(self.times) * STEP_SECONDS)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due += STEP_SECONDS
            self._look()

    def _look(self) -> None:
        seen: dict[SeriesName, float] = {}
        for instance, port in dict(self.ports).items():
            of_instance = {"job": JOB, "instance": instance}
            try:
                with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=_SECONDS) as answer:
                    text = answer.read().decode()
            except OSError:
                seen[_name("up", of_instance)] = 0
                continue
            seen[_name("up", of_instance)] = 1
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    seen[_name(sample.name, {**sample.labels, **of_instance})] = sample.value
        for name in seen.keys() - self.series.keys():
            self.series[name] = [None] * len(self.times)
        for name, values in self.series.items():
            values.append(seen.get(name))
        self.times.append(time.time())


def _name(name: str, labels: Mapping[str, str]) -> SeriesName:
    return name, tuple(sorted(labels.items()))
