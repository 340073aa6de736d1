"""How long a broker holds a client back, because the client has used up its quota."""

import logging
import time
from typing import Any

logger = logging.getLogger(__name__)

_REPEAT_SECONDS = 60.0
_SHORTEST_SECONDS = 0.1


class Throttle:
    """The `throttle_cb` of one client: remembers until when the client is held back, and says so once a minute.

    The client calls it in the thread that polls the client; `until` may be read in any thread. No method raises.
    """

    def __init__(self, client: str) -> None:
        """Begin with nothing held back; `client` is the client's name in the log."""
        self._client = client
        self._said_at = -_REPEAT_SECONDS
        self.until = 0.0

    def __call__(self, event: Any) -> None:
        """Take the client's `ThrottleEvent`; a time of 0 says that the broker does not hold back any more."""
        now = time.monotonic()
        self.until = max(self.until, now + event.throttle_time)
        if event.throttle_time >= _SHORTEST_SECONDS and now - self._said_at >= _REPEAT_SECONDS:
            self._said_at = now
            logger.warning(
                "Kafka holds the %s back for %.1f seconds: its quota is used up",
                self._client,
                event.throttle_time,
                extra={"event": "quota_exceeded", "dependency": "kafka", "duration_s": event.throttle_time},
            )
