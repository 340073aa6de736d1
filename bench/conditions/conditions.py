"""What holds for every contestant of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stack.servers.one_of_each import Servers


@dataclass(frozen=True, slots=True)
class Conditions:
    """The servers, how long each measurement lasts, roughly, and how many worker processes everybody gets."""

    servers: Servers
    folder: Path
    """Here the logs of the contestants' processes are kept."""
    seconds: float
    workers: int

    def described(self) -> dict[str, str | float]:
        """The conditions that decide the figures, as the results keep them."""
        cassandra = self.servers.cassandra.settings
        return {
            "seconds": self.seconds,
            "workers": self.workers,
            "profile": cassandra.profile,
            "commitlog_sync": cassandra.commitlog_sync,
        }
