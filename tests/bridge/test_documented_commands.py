"""Each command is in the table of `docs/operating-live.md` that says what it does to a running pipeline."""

import re
from collections.abc import Iterator

import click

from bridge.cli import main
from stack.home import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "operating-live.md").read_text()
# The section on processes has these two.
PROCESSES = {"ingest", "dispatch"}


def commands(group: click.Group) -> Iterator[str]:
    """The commands of the group, as people type them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {one}" for one in commands(command))
        else:
            yield name


def test_every_command_is_in_the_table() -> None:
    table = PAGE.split("## Our own commands")[1].split("\n## ")[0]
    first_cells = "\n".join(line.split(" | ")[0] for line in table.splitlines())
    named = set(re.findall(r"`(?:chat-tasks )?([a-z]+(?: [a-z]+)?)", first_cells))
    assert named == set(commands(main)) - PROCESSES
