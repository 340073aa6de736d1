"""How long to wait for an answer before it counts as lost.

A time that suits quick servers is too short for slow servers. Work under way would be taken for lost, and doing that
work again would make the servers slower still.
"""

_TIMES = 3.0
_FADING = 0.1


class AdaptiveTimeout:
    """A timeout of three times what answers took lately, within two bounds.

    A slow answer raises the timeout at once. Quick answers lower it again, a tenth of the difference with each answer.
    """

    def __init__(self, least: float, most: float) -> None:
        """Set the bounds of the timeout, both in seconds."""
        self._least = least
        self._most = most
        self._recent = 0.0

    @property
    def seconds(self) -> float:
        """How long to wait for the next answer."""
        return max(self._least, min(self._most, _TIMES * self._recent))

    def observe(self, seconds: float) -> None:
        """Take note of an answer that came after that time, even if nobody waited for the answer any more."""
        self._recent = max(seconds, self._recent + (seconds - self._recent) * _FADING)
