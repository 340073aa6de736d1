"""What is seen of the pipeline at one moment."""

from collections.abc import Iterator
from typing import NamedTuple

from bridge.letters.waiting import Waiting
from bridge.picture.sources.positions import Position
from bridge.picture.sources.processes import Identity, Labels, Process
from bridge.picture.sources.rows import Rows
from bridge.picture.sources.source import Reading


class Sight(NamedTuple):
    """The newest reading of each source. `now` is in seconds since 1970."""

    now: float
    positions: Reading[list[Position]]
    queues: Reading[dict[str, int]]
    rows: Reading[Rows]
    processes: Reading[list[Process]]
    letters: Reading[Waiting]

    def of_kind(self, kind: str) -> list[Process]:
        """The processes of this kind: ingest, dispatch or worker."""
        return [one for one in self.processes.value or [] if one.identity.kind == kind]

    def samples(self, metric: str, kind: str) -> Iterator[tuple[Process, Labels, float]]:
        """Each value of a metric that the processes of a kind told."""
        for process in self.of_kind(kind):
            for labels, value in process.samples.get(metric, {}).items():
                yield process, labels, value

    def sum(self, metric: str, kind: str, **wanted: str) -> float:
        """The sum of a metric over the processes of a kind, of the samples that have these labels."""
        return sum(value for _, labels, value in self.samples(metric, kind) if wanted.items() <= dict(labels).items())

    def owner(self, topic: str, partition: int) -> Identity | None:
        """The dispatch that tells that it reads this partition, or None."""
        wanted = {("topic", topic), ("partition", str(partition))}
        found = self.samples("chat_tasks_lag_records", "dispatch")
        return next((process.identity for process, labels, _ in found if wanted <= set(labels)), None)

    def oldest_letter(self) -> float | None:
        """How long the oldest letter has waited, in seconds; None if none waits, or if that is not known."""
        letters = self.letters.value
        return None if letters is None or letters.oldest is None else max(0.0, self.now - letters.oldest / 1000)

    def largest(self, metric: str, kind: str) -> float | None:
        """The largest value of a metric that a process of a kind told, or None."""
        return max((value for _, _, value in self.samples(metric, kind)), default=None)
