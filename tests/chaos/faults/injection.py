"""The form of a fault."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.chaos.system.system import System

Injection = Callable[[System, random.Random], AbstractContextManager[None]]
"""The fault is there inside the context, and healed at its end. The generator, the caller's, chooses the victim."""

PATIENCE_SECONDS = 60.0
"""How long a fault waits at most for what it needs."""
