"""How much memory the processes of a run take at most."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import psutil
from redis import Redis

from tests.pipeline.deployment import Process

_INTERVAL_SECONDS = 0.2
_MEGABYTE = 1 << 20


class MemoryWatch:
    """A thread that looks again and again. `peaks`: megabytes by process, resident; for Redis, of its data."""

    def __init__(self, processes: Iterable[Process], redis_url: str) -> None:
        self.peaks: dict[str, float] = {}
        self._processes = {process.name: psutil.Process(process.popen.pid) for process in processes}
        self._redis = Redis.from_url(redis_url)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory")

    def __enter__(self) -> dict[str, float]:
        self._thread.start()
        return self.peaks

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._redis.close()

    def _run(self) -> None:
        while not self._stopping.wait(_INTERVAL_SECONDS):
            for name, process in self._processes.items():
                self._note(name, process.memory_info().rss)
                for child in process.children():
                    self._note(f"a child of {name}", child.memory_info().rss)
            self._note("redis", self._redis.info("memory")["used_memory"])

    def _note(self, name: str, size: int) -> None:
        self.peaks[name] = max(self.peaks.get(name, 0.0), size / _MEGABYTE)
