"""How the children of a worker tell their parent whether Cassandra answers: the parent has no connection to it."""

import mmap
import struct
import time
from typing import Any

from cassandra.policies import HostStateListener

from chat_tasks.health.dependencies import Dependencies
from chat_tasks.storage.session import Session

_TIME = struct.Struct("d")


class CassandraBoard:
    """Two times in memory that all processes of a worker share: of the last answer and of the last failure.

    The parent makes it before it forks. Each child writes what its driver notices; the parent reads. All processes of a
    machine have the same monotonic clock, and each time is written at once. No method raises.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 2 * _TIME.size)

    def answered(self) -> None:
        """Take note, in a child, that Cassandra answers."""
        _TIME.pack_into(self._memory, 0, time.monotonic())

    def failed(self) -> None:
        """Take note, in a child, that no node answers."""
        _TIME.pack_into(self._memory, _TIME.size, time.monotonic())

    def tell(self, dependencies: Dependencies) -> None:
        """Add to the parent's `dependencies` what the children know; nothing before the first has tried."""
        [answered] = _TIME.unpack_from(self._memory, 0)
        [failed] = _TIME.unpack_from(self._memory, _TIME.size)
        if failed > answered:
            dependencies.failed("cassandra", "no node answers a process of this worker")
        elif answered:
            dependencies.answered("cassandra")


class NodeWatch(HostStateListener):  # type: ignore[misc]
    """Writes on the board whether any node is up, as the driver sees it; called in the driver's threads."""

    def __init__(self, session: Session, board: CassandraBoard) -> None:
        self._session = session
        self._board = board
        self.look()

    def look(self) -> None:
        """Write whether any node is up."""
        if any(host.is_up for host in self._session.cluster.metadata.all_hosts()):
            self._board.answered()
        else:
            self._board.failed()

    def on_up(self, host: Any) -> None:  # noqa: ARG002 - the driver's signature
        """A node is up."""
        self.look()

    def on_down(self, host: Any) -> None:  # noqa: ARG002 - the driver's signature
        """A node is down."""
        self.look()

    def on_add(self, host: Any) -> None:
        """A node was added, and counts as up."""

    def on_remove(self, host: Any) -> None:  # noqa: ARG002 - the driver's signature
        """A node was removed."""
        self.look()
