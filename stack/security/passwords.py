"""The passwords of the identities, one a file."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from stack.security.secret_file import write_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class Passwords:
    """The passwords below `folder`; one that is missing is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """The file with the password of an identity."""
        path = self._folder / name
        if not path.exists():
            self.renew(name)
        return path

    def of(self, name: str) -> str:
        """The password of an identity."""
        return self.path(name).read_text()

    def of_all(self, names: Iterable[str]) -> Mapping[str, str]:
        """The passwords of several identities, by their names."""
        return {name: self.of(name) for name in names}

    def renew(self, name: str) -> None:
        """Make another password in place of the one that is there."""
        write_secret(self._folder / name, secrets.token_urlsafe(24).encode())

    def note(self, name: str, text: str) -> Path:
        """Keep a text that holds a password, and return where."""
        path = self._folder / name
        write_secret(path, text.encode())
        return path
