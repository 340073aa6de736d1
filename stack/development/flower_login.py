"""The name and the password that Flower asks for where nobody has chosen them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from stack.security.secret_file import write_secret

if TYPE_CHECKING:
    from pathlib import Path


def make_flower_login(file: Path) -> str | None:
    """Write a name and a new password into the file, and return them as `name:password`; None if there is one."""
    if file.exists():
        return None
    login = f"chat:{secrets.token_urlsafe(16)}"
    write_secret(file, f"{login}\n".encode())
    return login
