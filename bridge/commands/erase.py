"""`chat-tasks erase`: blanks messages of a conversation, and says where copies of them stay and until when."""

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from bridge.audit.entry import Action, conversation_target
from bridge.audit.of_commands import recorded
from bridge.erasure.remaining_copies import Copy
from bridge.erasure.run import Choice, Erased, Eraser
from bridge.terminal import show_json, show_line
from chat_tasks.printable import printable
from chat_tasks.settings import Settings
from chat_tasks.storage.session import connected


def _report(done: Erased, copies: list[Copy], *, dry_run: bool) -> None:
    show_line(
        f"{done.erased} messages would be erased, {done.found - done.erased} are"
        if dry_run
        else f"{done.erased} messages are erased, {done.found - done.erased} were before"
    )
    table = Table("copies are in", "until", "and go by")
    for copy in copies:
        until = "" if copy.until is None else copy.until.isoformat()
        table.add_row(*(Text(printable(cell), overflow="fold") for cell in (copy.place, until, copy.remedy)))
    Console().print(table)


@click.command()
@click.argument("conversation")
@click.argument("numbers", nargs=-1, type=click.IntRange(0, 2**63 - 1), metavar="[SEQ]...")
@click.option("--sender", help="All messages of this sender.")
@click.option("--all", "everything", is_flag=True, help="All messages of the conversation.")
@click.option("--dry-run", is_flag=True, help="Change nothing: count the messages, and say where copies are.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
def erase(
    conversation: str, numbers: tuple[int, ...], sender: str | None, *, everything: bool, dry_run: bool, as_json: bool
) -> None:
    """Erase text and recipients of messages of CONVERSATION.

    By number or by sender. Their numbers, senders and times stay. May be run again at any time: it goes on, and what
    is erased stays so.
    """
    if (bool(numbers), sender is not None, everything).count(True) != 1:
        raise click.UsageError("Give numbers, or --sender, or --all.")
    settings, choice = Settings(), Choice(numbers, sender)
    errors = Console(stderr=True)
    progress = Progress(console=errors, transient=True, disable=not errors.is_terminal)
    with connected(settings) as session, progress:
        eraser = Eraser(settings, session, conversation, progress)
        if dry_run:
            done = eraser.look(choice)
            log = eraser.look_at_log(done)
        else:
            with recorded(settings, Action.ERASE, conversation_target(conversation, settings)) as recording:
                done = eraser.erase(choice)
                log = eraser.clear_log(done)
                recording.detail = f"{done.erased} messages"
        copies = eraser.copies(choice, done, log)
    if as_json:
        show_json(
            {
                "conversationKey": conversation,
                "found": done.found,
                "erased": done.erased,
                "copies": [one._asdict() for one in copies],
            }
        )
    else:
        _report(done, copies, dry_run=dry_run)
