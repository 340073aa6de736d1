"""What can happen between two processes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.injection import Injection
from tests.chaos.proxy import FINE, Conditions
from tests.chaos.system import System

CUT = Conditions(is_cut=True)
SLOW = Conditions(delay=0.1)
NARROW = Conditions(bytes_per_second=300_000)


def network(conditions: Conditions, *roads: str) -> Injection:
    """All connections that lead over these proxies."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        for road in roads:
            system.proxies[road].set(conditions)
        try:
            yield
        finally:
            for road in roads:
                system.proxies[road].set(FINE)

    return inject
