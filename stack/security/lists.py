"""The files of `deploy/secured`, which an operator applies with the servers' own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stack.home import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = PROJECT_ROOT / "deploy" / "secured"


def lines_of(name: str) -> Sequence[str]:
    """The lines of a file, without comments and without empty ones."""
    lines = (line.strip() for line in (FOLDER / name).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]
