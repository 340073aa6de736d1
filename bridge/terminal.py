"""The only way of a command's output to the terminal; ruff forbids `click.echo` and `print` elsewhere."""

import sys
from typing import Any

import click
import orjson

from chat_tasks.errors import ConfigurationError
from chat_tasks.printable import printable, printable_lines


def show_line(line: str, *, is_error: bool = False) -> None:
    """Print one line. What a terminal would obey is escaped."""
    click.echo(printable(line), err=is_error)


def show_json(document: Any) -> None:
    """Print a document as indented JSON. A text in it is escaped in the same way, and is still the same text."""
    click.echo(printable_lines(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()))


def show_json_line(document: Any) -> None:
    """Print a document as one line of JSON, escaped in the same way: for what may be too much for one document."""
    click.echo(printable(orjson.dumps(document).decode()))


def write_raw(value: bytes) -> None:
    """Write bytes as they are. Raises `ConfigurationError` if a terminal would get, and obey, them."""
    if sys.stdout.isatty():
        raise ConfigurationError("raw bytes are written to a file or a pipe only, because a terminal obeys them")
    click.echo(value, nl=False)
