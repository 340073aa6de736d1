"""Processor time and memory of named processes and their children."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from stack.servers import Servers


def server_processes(servers: Servers) -> dict[str, psutil.Process]:
    """Those of the three servers that run, by name."""
    return {server.name: psutil.Process(server.pid) for server in servers.all if server.pid is not None}


@dataclass(frozen=True, slots=True)
class Usage:
    """By process name; a process counts with its children."""

    processor_seconds: Mapping[str, float]
    """User and system time."""
    largest_memory: Mapping[str, int]
    """The most bytes that a single process of that name was seen to hold (RSS, shared pages included)."""


class UsageMeter:
    """Counts from the moment it is made. Processes that start later are not seen."""

    def __init__(self, processes: Mapping[str, psutil.Process]) -> None:
        self._groups = {
            name: (process, *process.children(recursive=True)) for name, process in sorted(processes.items())
        }
        self._memory: dict[str, int] = {}
        self._processor_before = self._processor_seconds()

    def sample_memory(self) -> None:
        """Look once; call it now and then."""
        for name, group in self._groups.items():
            for process in group:
                with suppress(psutil.NoSuchProcess):
                    self._memory[name] = max(self._memory.get(name, 0), process.memory_info().rss)

    def usage(self) -> Usage:
        """Until now."""
        self.sample_memory()
        used = {name: now - self._processor_before[name] for name, now in self._processor_seconds().items()}
        return Usage(used, dict(self._memory))

    def _processor_seconds(self) -> dict[str, float]:
        total = dict.fromkeys(self._groups, 0.0)
        for name, group in self._groups.items():
            for process in group:
                with suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    total[name] += times.user + times.system
        return total
