"""Processor time and memory of named processes and their children."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from stack.servers.server_group import ServerGroup


def server_processes(servers: ServerGroup) -> dict[str, psutil.Process]:
    """The processes of the servers that run, by the servers' names."""
    return {server.name: psutil.Process(server.pid) for server in servers.all if server.pid is not None}


@dataclass(frozen=True, slots=True)
class Usage:
    """What processes used, by their names; a process counts with its children."""

    processor_seconds: Mapping[str, float]
    """User and system time."""
    largest_memory: Mapping[str, int]
    """The most bytes that a single process of that name was seen to hold (RSS, shared pages included)."""
    other_processors: float
    """How many processors were busy with something else, which makes figures of a shared machine worse."""


class UsageMeter:
    """Counts from the moment it is made. Processes that start later are not seen."""

    def __init__(self, processes: Mapping[str, psutil.Process]) -> None:
        self._groups = {
            name: (process, *process.children(recursive=True)) for name, process in sorted(processes.items())
        }
        self._memory = dict.fromkeys(self._groups, 0)
        self._last_seen: dict[psutil.Process, float] = {}
        # Ourselves, who feed and watch: not measured, and no stranger either.
        self._self = psutil.Process()
        self._processor_before = self._processor_seconds()
        self._busy_before = self._busy_elsewhere()
        self._began = time.monotonic()

    def sample_memory(self) -> None:
        """Look at the memory once; to be called now and then."""
        for name, group in self._groups.items():
            for process in group:
                with suppress(psutil.NoSuchProcess):
                    self._memory[name] = max(self._memory[name], process.memory_info().rss)

    def usage(self) -> Usage:
        """What was used from the beginning until now."""
        self.sample_memory()
        used = {name: now - self._processor_before[name] for name, now in self._processor_seconds().items()}
        elsewhere = (self._busy_elsewhere() - self._busy_before) / (time.monotonic() - self._began)
        # What the system counts for itself and for its processes differs by some ticks.
        return Usage(used, dict(self._memory), max(0.0, elsewhere))

    def _busy_elsewhere(self) -> float:
        """Processor seconds since the machine's start that are not of the named processes, or of this one."""
        machine, own = psutil.cpu_times(), self._self.cpu_times()
        busy = machine.user + machine.system + getattr(machine, "steal", 0.0)
        return busy - own.user - own.system - sum(self._processor_seconds().values())

    def _processor_seconds(self) -> dict[str, float]:
        for group in self._groups.values():
            for process in group:
                # One that has ended keeps what it was last seen to have used.
                with suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    self._last_seen[process] = times.user + times.system
        return {
            name: sum(self._last_seen.get(process, 0.0) for process in group) for name, group in self._groups.items()
        }
