"""Bounds how often a password may be guessed."""

import hashlib
import secrets

_TRIES = 10
_SECONDS = 60.0


class Attempts:
    """Remembers the wrong passwords of the last minute, of all clients together.

    The console owns one and uses it in the event loop. Clients are not told apart: behind a proxy all have one address,
    and a client with many addresses would have as many tries. The same wrong password again is no new guess: a program
    whose password was changed must not keep everybody else out. Invariant: it holds at most ten digests, under a key
    that nobody knows, and no password.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._failures: dict[bytes, float] = {}

    def seconds_to_wait(self, password: str, now: float) -> float:
        """The seconds until this password may be tried; 0 if it may be now."""
        self._failures = {guess: at for guess, at in self._failures.items() if at + _SECONDS > now}
        if len(self._failures) < _TRIES or self._digest(password) in self._failures:
            return 0.0
        return min(self._failures.values()) + _SECONDS - now

    def failed(self, password: str, now: float) -> None:
        """Take note of a wrong password."""
        self._failures.setdefault(self._digest(password), now)

    def _digest(self, password: str) -> bytes:
        return hashlib.blake2b(password.encode(errors="surrogatepass"), key=self._key, digest_size=16).digest()
