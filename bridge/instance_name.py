"""Whether another process on this machine is at work in the group under this process's name.

Kafka cannot tell: a member that was killed stays a member until its session times out. The system can, because a lock
ends with its process. The locks of all names are in one file, each at a place of its own.
"""

import fcntl
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from xxhash import xxh3_64_intdigest

from chat_tasks.settings import Settings

# Away from the places of all names, which are below it.
_WAITING = 2**62


class InstanceName:
    """The name under which this process joins a group, held as long as the process lives.

    The `Supervisor` owns the object and uses it in the main thread. A name has two places, and a process holds one of
    them. So a process that has taken a name over and the process that had it see each other. If the file cannot be
    locked, every name counts as free. A process that waits for the name holds a third place, so that others can see
    that two want it. `patience`, in seconds, is how long to wait for another process of this name: Kafka needs as long
    to notice that a member is dead. No method raises.
    """

    def __init__(self, settings: Settings, group: str) -> None:
        self.text = settings.instance_name
        self.group = group
        self.patience = settings.session_timeout
        held = f"{settings.kafka_bootstrap_servers}\n{group}\n{self.text}".encode()
        first = 2 * (xxh3_64_intdigest(held) >> 3)
        self._mine, self._other = first, first + 1
        self._queue = first + _WAITING
        path = Path(tempfile.gettempdir()) / f"chat-tasks-{os.getuid()}.names"
        self._file: int | None = None
        with suppress(OSError):
            # It stays open: closing it would give up every lock of this process.
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def take(self) -> bool:
        """Hold the name; False if another process holds it."""
        if self._lock(self._mine):
            if not self.is_shared():
                self._unlock(self._queue)
                return True
            self._unlock(self._mine)
        self._lock(self._queue)
        return False

    def take_over(self) -> None:
        """Hold the name beside the process that holds it, which learns of it by `is_shared`."""
        self._unlock(self._queue)
        if not self._lock(self._mine) and self._lock(self._other):
            self._mine, self._other = self._other, self._mine

    def is_shared(self) -> bool:
        """Whether another process holds the name too."""
        if not self._lock(self._other):
            return True
        self._unlock(self._other)
        return False

    def is_waited_for(self) -> bool:
        """Whether another process waits for the one that holds the name."""
        if not self._lock(self._queue):
            return True
        self._unlock(self._queue)
        return False

    def close(self) -> None:
        """Give the name up. Every other name that this process holds is given up too."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _lock(self, place: int) -> bool:
        """Lock the place; False if another process has locked it."""
        with suppress(OSError):
            try:
                if self._file is not None:
                    fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except (BlockingIOError, PermissionError):
                return False
        return True

    def _unlock(self, place: int) -> None:
        if self._file is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
