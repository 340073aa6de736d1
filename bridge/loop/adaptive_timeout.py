"""How long an answer is waited for before it counts as lost.

A time that suits quick servers is too short for slow ones: what is under way is taken for lost then, and doing it again
makes them slower still.
"""

_TIMES = 3.0
_FADING = 0.1


class AdaptiveTimeout:
    """Three times what answers took of late, within bounds; a slow one counts at once, and fades with quick ones."""

    def __init__(self, least: float, most: float) -> None:
        """Both in seconds."""
        self._least = least
        self._most = most
        self._recent = 0.0

    @property
    def seconds(self) -> float:
        """How long to wait for the next answer."""
        return max(self._least, min(self._most, _TIMES * self._recent))

    def observe(self, seconds: float) -> None:
        """An answer came after that time, whether anybody waited for it any more or not."""
        self._recent = max(seconds, self._recent + (seconds - self._recent) * _FADING)
