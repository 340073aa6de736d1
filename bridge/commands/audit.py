"""`chat-tasks audit`: shows who did what."""

from datetime import UTC, datetime

import click
import msgspec

from bridge.audit.entry import Entry
from bridge.audit.reading import read_audit
from bridge.terminal import show_json_line, show_line
from chat_tasks.settings import Settings


@click.command()
@click.option("--last", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="So many records back.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def audit(*, last: int, as_json: bool) -> None:
    """Show who did what to the pipeline.

    Who sent by the console, released, replayed, purged, erased, or changed a pool, the newest first. An action that
    is `begun` was cut off, or is under way.
    """
    for entry in read_audit(Settings(), last).entries:
        if as_json:
            show_json_line(msgspec.to_builtins(entry))
        else:
            show_line(_as_line(entry))


def _as_line(entry: Entry) -> str:
    at = datetime.fromtimestamp(entry.begun, UTC).isoformat(timespec="seconds")
    who = f"{entry.role} {entry.name}".rstrip()
    detail = f": {entry.detail}" if entry.detail else ""
    return f"{at}  {who}  {entry.action}  {entry.target}  {entry.result}{detail}"
