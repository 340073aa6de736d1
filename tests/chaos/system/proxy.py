"""A TCP proxy that cuts, delays and throttles what passes through it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a network does to a connection; a new value applies to what is read from then on."""

    is_cut: bool = False
    """Connections are reset, and new ones are closed at once."""
    delay: float = 0.0
    """Seconds that each piece waits, in each direction, before the next one is read."""
    bytes_per_second: float | None = None
    """None: as many as there are."""

    def pause_after(self, count: int) -> float:
        """The seconds for which `count` bytes wait."""
        return self.delay + (count / self.bytes_per_second if self.bytes_per_second else 0.0)


FINE = Conditions()


class Proxy:
    """Listens at `front` and connects to `target`, in a process of its own.

    A thread of the test's would not do: a dozen of them, and what the test does besides, would wait for each other, and
    everything that passes through them too.
    """

    def __init__(self, front: tuple[str, int], target: tuple[str, int]) -> None:
        self._command = [sys.executable, "-m", "tests.chaos.system.proxy_process", *map(str, (*front, *target))]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._await_answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # It ends with its input.
        self._process.communicate()

    def set(self, conditions: Conditions) -> None:
        """Change the conditions, and return when the proxy has them."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(conditions)) + "\n")
        self._process.stdin.flush()
        self._await_answer()

    def _await_answer(self) -> None:
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise AssertionError(f"ended: {' '.join(self._command)}")
