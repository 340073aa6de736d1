"""Finds the role of a request, and asks for a password if there is none."""

import base64
import binascii
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, NamedTuple

from fastapi import Depends, HTTPException, Request
from starlette.requests import HTTPConnection

from bridge.audit.entry import Who
from console.access.attempts import Attempts
from console.access.passwords import role_of
from console.access.roles import Role
from console.access.sessions import Session, Sessions

COOKIE = "chat-tasks-session"
_LONGEST_NAME = 100


class Guard:
    """Knows the passwords and the sessions.

    The console owns one and uses it in the event loop. Without passwords everybody who reaches the console is an
    operator; the console then listens at a loopback address only.
    """

    def __init__(self, passwords: Mapping[Role, str]) -> None:
        self._passwords = passwords
        self._sessions = Sessions()
        self._attempts = Attempts()

    @property
    def asks_for_passwords(self) -> bool:
        """Whether there are passwords."""
        return bool(self._passwords)

    def role(self, request: Request) -> Role | None:
        """The role of whoever sent the request, by session or by password, or None.

        Raises `HTTPException` 429 after too many wrong passwords.
        """
        if not self._passwords:
            return Role.OPERATOR
        session = self._session(request)
        if session is not None:
            return session.role
        given = _basic_credentials(request.headers.get("authorization", ""))
        return None if given is None else self._try(given.password)

    def still(self, request: HTTPConnection, role: Role) -> bool:
        """Whether whoever was let in with this role, by this request, would be now: a session may have ended.

        It counts as no attempt, and raises nothing.
        """
        found = self._known(request)
        return found is not None and found >= role

    def who(self, request: Request) -> Who:
        """Who sent a request that a route has let in, for the audit.

        The name is what the person gave at the login, or a program by basic authentication; nobody has checked it.
        """
        session = self._session(request)
        if session is not None:
            return Who(session.role.label, session.name)
        given = _basic_credentials(request.headers.get("authorization", ""))
        return Who((self._known(request) or Role.VIEWER).label, given.name if given else "")

    def _known(self, request: HTTPConnection) -> Role | None:
        """The role of whoever sent the request, or None; it counts as no attempt."""
        if not self._passwords:
            return Role.OPERATOR
        session = self._session(request)
        if session is not None:
            return session.role
        given = _basic_credentials(request.headers.get("authorization", ""))
        return None if given is None else role_of(given.password, self._passwords)

    def _session(self, request: HTTPConnection) -> Session | None:
        return self._sessions.find(request.cookies.get(COOKIE, ""), time.monotonic())

    def begin(self, password: str, name: str = "") -> str | None:
        """The token of a new session of somebody with this name, or None if the password is wrong.

        Raises `HTTPException` 429 after too many wrong passwords.
        """
        role = self._try(password)
        return None if role is None else self._sessions.begin(role, name[:_LONGEST_NAME], time.monotonic())

    def end(self, request: Request) -> None:
        """End the session of the request."""
        self._sessions.end(request.cookies.get(COOKIE, ""))

    def _try(self, password: str) -> Role | None:
        now = time.monotonic()
        if (seconds := self._attempts.seconds_to_wait(password, now)) > 0:
            raise HTTPException(
                429,
                f"Too many wrong passwords. Try again in {seconds:.0f} seconds.",
                {"Retry-After": f"{seconds:.0f}"},
            )
        role = role_of(password, self._passwords)
        if role is None:
            self._attempts.failed(password, now)
        return role


def needs(role: Role) -> Callable[[Request], Awaitable[Role]]:
    """A dependency of routes that only this role and those above it may ask.

    It returns the role of the request, and raises `HTTPException` 401 or 403.
    """

    async def check(request: Request) -> Role:
        guard: Guard = request.app.state.guard
        found = guard.role(request)
        if found is None:
            raise HTTPException(401, "A password is needed.", {"WWW-Authenticate": 'Basic realm="chat-tasks"'})
        if found < role:
            raise HTTPException(403, f"Only the role {role.label} may do this; yours is {found.label}.")
        return found

    return check


Viewer = Annotated[Role, Depends(needs(Role.VIEWER))]
Reader = Annotated[Role, Depends(needs(Role.READER))]
Operator = Annotated[Role, Depends(needs(Role.OPERATOR))]
"""The role of a request, as a parameter of a route that only this role and those above it may ask."""


class _Credentials(NamedTuple):
    name: str
    password: str


def _basic_credentials(header: str) -> _Credentials | None:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return _Credentials("", "")
    return _Credentials(name[:_LONGEST_NAME], password)
