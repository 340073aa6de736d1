"""How fast a contestant drains a backlog, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.arena import new_arena
from bench.backlog import send_backlog
from bench.collector import Arrival, Collector
from bench.contestants import Contestant
from bench.errors import BenchError
from bench.loads import Load
from bench.usage import UsageMeter, server_processes
from chat_tasks.wire import InstantMessage
from stack.output_check import OutputCheck
from stack.servers import Servers

_PATIENCE_SECONDS = 60.0
_FAULTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run of one contestant."""

    contestant: str
    load: str
    repetition: int
    messages: int
    seconds: float
    """From the moment the backlog became visible to the broker's time of the last output."""
    faults: int
    processor_microseconds: Mapping[str, float]
    """A message, by process; a process counts with its children."""
    largest_memory_megabytes: Mapping[str, float]
    """Of the largest single process of that name."""

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def measure_throughput(
    contestant: Contestant,
    load: Load,
    servers: Servers,
    folder: Path,
    *,
    repetition: int,
    seconds: float,
    workers: int,
) -> Throughput:
    """Warm up with a tenth of the messages, then drain the rest. Raises `BenchError` where the job was not done."""
    count = round(contestant.expected_rate * load.share * seconds)
    warm_up = count // 10
    first, rest = _split(load.messages(warm_up + count, seed=repetition), warm_up)
    with (
        new_arena(servers) as arena,
        contestant.running(arena, folder, workers=workers) as pipeline,
        Collector(arena.settings) as collector,
    ):
        send_backlog(arena.settings, load, first)
        collector.wait_for(warm_up, load.requests(warm_up), _PATIENCE_SECONDS)
        meter = UsageMeter({**pipeline.processes(), **server_processes(servers)})
        began = send_backlog(arena.settings, load, rest)
        blocks = load.requests(warm_up) + load.requests(count)
        collector.wait_for(warm_up + count, blocks, _PATIENCE_SECONDS, meter.sample_memory)
        processor_seconds = meter.processor_seconds()
        faults = find_faults([*first, *rest], collector.outputs)
        if faults and contestant.is_ordered:
            raise BenchError(f"{len(faults)} faults on load {load.name}: {'; '.join(faults[:_FAULTS_SHOWN])}")
    return Throughput(
        contestant.name,
        load.name,
        repetition,
        count,
        max(arrival.appended_at for arrival in collector.outputs) - began,
        len(faults),
        {name: used * 1e6 / count for name, used in processor_seconds.items()},
        {name: memory / 1e6 for name, memory in meter.largest_memory().items()},
    )


def find_faults(messages: Sequence[InstantMessage], outputs: Sequence[Arrival]) -> list[str]:
    """What is lost, doubled, out of order or in two partitions."""
    expected: dict[str, set[str]] = {}
    for message in messages:
        expected.setdefault(message.conversationKey, set()).add(message.body)
    check = OutputCheck(expected)
    for output in outputs:
        check.add(output.partition, output.value)
    return check.faults()


def _split(messages: list[InstantMessage], at: int) -> tuple[list[InstantMessage], list[InstantMessage]]:
    return messages[:at], messages[at:]
