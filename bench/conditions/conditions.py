"""What holds for every contestant of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stack.servers.cluster import Cluster
from stack.servers.one_of_each import Servers
from stack.servers.secured import SecuredServers


@dataclass(frozen=True, slots=True)
class Conditions:
    """The servers, how long each measurement lasts, roughly, and how many worker processes everybody gets."""

    servers: Servers | Cluster
    folder: Path
    """Here the logs of the contestants' processes are kept."""
    seconds: float
    workers: int
    closed: SecuredServers | None = None
    """Servers with TLS, passwords and permissions beside the others, if somebody runs on them."""

    def described(self) -> dict[str, str | float | bool]:
        """The conditions that decide the figures, as the results keep them."""
        nodes = self.servers.cassandra if isinstance(self.servers, Cluster) else [self.servers.cassandra]
        cassandra = nodes[0].settings
        return {
            "seconds": self.seconds,
            "workers": self.workers,
            "profile": cassandra.profile,
            "commitlog_sync": cassandra.commitlog_sync,
            "raised_batch_thresholds": cassandra.raised_batch_thresholds,
            "nodes": len(nodes),
        }
