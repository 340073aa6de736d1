"""The servers' configuration files, rendered from the templates in `configuration/`."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATES = Path(__file__).parent / "configuration"


def fill(template: str, values: Mapping[str, object]) -> str:
    """The text of the file `template`, its `$names` replaced by `values`. Raises `KeyError` for a name without one."""
    return Template((_TEMPLATES / template).read_text()).substitute(values)


def render(template: str, values: Mapping[str, object], folder: Path) -> Path:
    """Write the file `template` into `folder`, its `$names` replaced by `values`, and return where.

    Raises `KeyError` for a name without a value.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rendered = folder / template
    rendered.write_text(fill(template, values))
    return rendered
