"""The last sign of life of a process."""

import time


class Pulse:
    """When the work of this process last took a step: a round of its loop, a try to connect, a part of its start.

    A process has one pulse. Whatever may last long calls `beat`; any thread may ask for the pulse's age. A process
    whose pulse is older than `longest` seconds hangs. No method raises.
    """

    def __init__(self, longest: float) -> None:
        self.longest = longest
        self._at = time.monotonic()

    def beat(self) -> None:
        """Take note of a step."""
        self._at = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last step."""
        return time.monotonic() - self._at
