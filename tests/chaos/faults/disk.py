"""What can happen to a server's disk."""

from __future__ import annotations

import errno
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.faults.injection import Injection
from tests.chaos.system.system import System


def disk_full(server: str) -> Injection:
    """The disk is filled to its last byte. When there is room again the server is restarted, as by a supervisor."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        [victim] = system.servers[server]
        filler = victim.folder / "filler"
        _fill(filler)
        try:
            yield
        finally:
            filler.unlink()
            victim.kill()
            victim.start()
            victim.wait_until_answering()

    return inject


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        for block in (bytes(1 << 20), bytes(1 << 12)):
            try:
                while True:
                    file.write(block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
