"""`chat-tasks letters replay`: sends dead letters again, and shows how far it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as ProgressBar

from bridge.audit.entry import Action
from bridge.audit.of_commands import recorded
from bridge.audit.trail import Recording
from bridge.commands.letters.arguments import Id, with_filters
from bridge.letters.replay import Progress, replay_letters
from bridge.letters.selection import Selection
from bridge.records.replay_receipts import LetterId
from bridge.terminal import show_line
from chat_tasks.errors import NotReplayed
from chat_tasks.settings import Settings


@click.command()
@click.argument("ids", type=Id(), nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Every letter that waits.")
@with_filters
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--value", help="What to send in place of the one letter's value.")
@click.option("--value-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The same, in a file.")
def replay(
    ids: tuple[LetterId, ...],
    *,
    everything: bool,
    dry_run: bool,
    value: str | None,
    value_file: Path | None,
    **filters: Any,
) -> None:
    """Send dead letters again to the inputs they came from.

    Those with an ID, those that match, or all. Each is sent once, whatever is killed: this may be run again at any
    time. What would be refused again is not sent. Letters of quarantined conversations are published by `chat-tasks
    quarantine release`.
    """
    is_filtered = any(one is not None for one in filters.values())
    if bool(ids) + everything + is_filtered != 1:
        raise click.UsageError("Give ids, or options that say which letters, or --all.", click.get_current_context())
    if (value is not None or value_file is not None) and (len(ids) != 1 or (value is not None and value_file)):
        raise click.UsageError(
            "One value takes the place of one letter's: give one id, and --value or --value-file.",
            click.get_current_context(),
        )
    edited = value_file.read_bytes() if value_file else None if value is None else value.encode()
    settings = Settings()
    wanted = Selection(frozenset(ids), **filters)
    target = f"letters {' '.join(map(str, ids))}" if ids else "letters that match" if is_filtered else "all letters"
    with (
        nullcontext(Recording()) if dry_run else recorded(settings, Action.REPLAY, target) as recording,
        _progress() as progress,
    ):
        done = replay_letters(settings, wanted, value=edited, is_dry_run=dry_run, progress=progress)
        recording.detail = f"{done.sent} sent again"
    show_line(f"{done.sent} letters {'would be sent again' if dry_run else 'sent again'}")
    if done.before:
        show_line(f"{done.before} were sent again, or released, before")
    if ids and (missing := len(set(ids)) - done.sent - done.before - done.refused):
        raise NotReplayed(f"{missing} of these letters are not in {settings.dead_letter_topic}")
    if done.first_refused is not None:
        line = f"{done.refused} are not sent; the first one is {done.first_refused[0]}: {done.first_refused[1]}"
        if ids:
            raise NotReplayed(line)
        show_line(line)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Shows a replay's progress on a terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.fields[sent]} sent"), BarColumn(), MofNCompleteColumn(), TextColumn("looked through")
    with ProgressBar(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None, sent=0)

        def show(one: Progress) -> None:
            # Letters that came meanwhile are looked through too.
            total = max(one.records, one.looked_through)
            bar.update(task, completed=one.looked_through, total=total, sent=one.sent)

        yield show
