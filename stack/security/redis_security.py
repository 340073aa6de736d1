"""What a closed Redis needs beside its address: the list of its users."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stack.security.identities import ADMINISTRATOR
from stack.security.lists import lines_of
from stack.security.secret_file import write_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stack.security.passwords import Passwords

LIST = "redis.acl"

_NOBODY = "default"


def redis_names() -> set[str]:
    """The identities that have to do with Redis."""
    return {line.split()[1] for line in lines_of(LIST)} - {_NOBODY}


@dataclass(frozen=True)
class RedisSecurity:
    """The users of `deploy/secured/redis.acl` with their passwords, and an administrator beside them."""

    passwords: Passwords

    def write_list(self, folder: Path) -> Path:
        """Write the file for Redis's `aclfile`, and return where."""
        path = folder / LIST
        write_secret(path, "".join(f"{line}\n" for line in self._lines()).encode())
        return path

    def login(self) -> tuple[str, str]:
        """The administrator's name and password."""
        return ADMINISTRATOR, self.passwords.of(ADMINISTRATOR)

    def _lines(self) -> Iterator[str]:
        yield f"user {ADMINISTRATOR} on #{self._digest(ADMINISTRATOR)} ~* &* +@all"
        for line in lines_of(LIST):
            words = line.split()
            name = words[1]
            # Of the passwords the file has digests only.
            yield line if name == _NOBODY else " ".join((*words[:2], f"#{self._digest(name)}", *words[2:]))

    def _digest(self, name: str) -> str:
        return hashlib.sha256(self.passwords.of(name).encode()).hexdigest()
