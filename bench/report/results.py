"""The results for machines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from bench.measure.growth import Growth
from bench.measure.latency import Latency
from bench.measure.scaling import Scaling
from bench.measure.throughput import Throughput


@dataclass(frozen=True, slots=True)
class Results:
    """What was measured until now, on what, and under which conditions."""

    machine: Mapping[str, object]
    conditions: Mapping[str, object]
    throughput: list[Throughput] = field(default_factory=list)
    latency: list[Latency] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    scaling: list[Scaling] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        document = {
            "command": ["python", "-m", "bench", *sys.argv[1:]],
            "machine": self.machine,
            "conditions": self.conditions,
            "throughput": [
                {**asdict(run), "rate": run.rate, "processor_microseconds": run.processor_microseconds}
                for run in self.throughput
            ],
            "latency": [asdict(run) for run in self.latency],
            "growth": [asdict(step) for step in self.growth],
            "scaling": [asdict(step) for step in self.scaling],
        }
        path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
