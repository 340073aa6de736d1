"""Runs a command of the product that never saves known conversations because it is time to."""

import sys

from bridge.dispatch.upkeep import Upkeep
from tests.chaos.product import run

_is_due = Upkeep._is_due


def _never_to_save(self: Upkeep, name: str, now: float, interval: float) -> bool:
    return name != "save" and _is_due(self, name, now, interval)


if __name__ == "__main__":
    setattr(Upkeep, "_is_due", _never_to_save)  # noqa: B010 - mypy lets no method be assigned to
    run(*sys.argv[1:])
