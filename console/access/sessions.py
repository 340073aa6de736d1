"""Sessions of people who have given a password."""

import secrets
from typing import NamedTuple

from console.access.roles import Role

_SECONDS = 12 * 3600.0
_MOST = 1_000


class Session(NamedTuple):
    """What a session may do, the name that the person gave, and until when, on the clock that `Sessions` is given."""

    role: Role
    name: str
    ends: float


class Sessions:
    """The sessions of this process, by their tokens.

    The console owns one and uses it in the event loop. Tokens are 32 random bytes. Sessions live in memory: a restart
    of the console asks for the password again. Invariant: there are at most a thousand, and the oldest goes first.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def begin(self, role: Role, name: str, now: float) -> str:
        """A new session's token."""
        self._sessions = {token: one for token, one in self._sessions.items() if one.ends > now}
        while len(self._sessions) >= _MOST:
            del self._sessions[next(iter(self._sessions))]
        token = secrets.token_urlsafe(32)
        self._sessions[token] = Session(role, name, now + _SECONDS)
        return token

    def find(self, token: str, now: float) -> Session | None:
        """The session with this token, or None if there is none or it has ended."""
        session = self._sessions.get(token)
        return session if session is not None and session.ends > now else None

    def end(self, token: str) -> None:
        """Forget a session."""
        self._sessions.pop(token, None)
