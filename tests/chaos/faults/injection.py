"""The form of a fault."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.chaos.system.system import System

Injection = Callable[[System, random.Random], AbstractContextManager[None]]
"""Inside the context the fault is there; at its end it is healed. The choice of a victim is the caller's."""

PATIENCE_SECONDS = 60.0
"""How long what a fault has to wait for may take."""
