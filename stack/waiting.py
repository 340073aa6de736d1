"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_until(predicate: Callable[[], bool], timeout: float, *, interval: float = 0.05) -> bool:
    """Ask `predicate` every `interval` seconds until it is true, at most for `timeout` seconds.

    Returns the last answer, so that `assert wait_until(...)` reads as it should. The predicate is asked at
    least once, and once more at the deadline.
    """
    deadline = time.monotonic() + timeout
    while not predicate():
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return False
        time.sleep(min(interval, remaining))
    return True
