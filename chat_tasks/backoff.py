"""How long to wait before the next try: exponential, capped, with jitter.

Full jitter (a uniform draw between 0 and the exponential bound) spreads retries best under contention: M. Brooker,
"Exponential Backoff And Jitter", AWS Architecture Blog, 2015. This module draws between half of the bound and the
bound, so that a first retry never follows at once.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays in seconds: `first` bounds the delay after one failure, `longest` every later one."""

    first: float = 0.1
    longest: float = 2.0

    def bound(self, failures: int) -> float:
        """The longest delay after this many failures in a row (1 or more)."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 30))

    def delay(self, failures: int, random_unit: float | None = None) -> float:
        """A delay between half the bound and the bound; `random_unit` (0 to 1) replaces the random draw."""
        unit = random.random() if random_unit is None else random_unit
        return self.bound(failures) * (0.5 + unit / 2)
