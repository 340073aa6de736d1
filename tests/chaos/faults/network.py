"""What can happen between two processes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.faults.injection import Injection
from tests.chaos.system.proxy import FINE, Conditions
from tests.chaos.system.system import System

CUT = Conditions(is_cut=True)
SLOW = Conditions(delay=0.1)
NARROW = Conditions(bytes_per_second=300_000)


def network(conditions: Conditions, *roads: str) -> Injection:
    """Connections through these proxies are under `conditions`; `{}` in a name is the number of a cluster's node."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        number = choice.choice((1, 2, 3))
        proxies = [system.proxies[road.format(number)] for road in roads]
        for proxy in proxies:
            proxy.set(conditions)
        try:
            yield
        finally:
            for proxy in proxies:
                proxy.set(FINE)

    return inject
