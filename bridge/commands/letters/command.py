"""`chat-tasks letters`: lists, shows and deletes dead letters; `replay.py` sends them again."""

from collections import Counter
from typing import Any

import click

from bridge.audit.entry import Action
from bridge.audit.of_commands import recorded
from bridge.commands.letters.arguments import Id, Time, with_filters
from bridge.commands.letters.replay import replay
from bridge.letters.documents import as_line, summary, whole
from bridge.letters.opening import open_letter
from bridge.letters.purge import Doomed, plan_purge, purge_letters
from bridge.letters.replay import stop_replay
from bridge.letters.selection import Selection, select
from bridge.letters.states import LetterState, read_states
from bridge.records.replay_receipts import LetterId
from bridge.terminal import show_json, show_json_line, show_line, write_raw
from chat_tasks.settings import Settings


@click.group()
def letters() -> None:
    """Dead letters: list, show, send again and delete them.

    They are records that were not valid, and messages of quarantined conversations.
    """


letters.add_command(replay)


@letters.command("list")
@with_filters
@click.option("--state", type=click.Choice([str(one) for one in LetterState]), help="Only letters in this state.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def list_(*, as_json: bool, state: str | None, **filters: Any) -> None:
    """List dead letters, and what became of each.

    With id, time, state, stage, source, conversation and reason. A waiting letter becomes replayed (`letters replay`)
    or released (`quarantine release`). A stranded one is of a log that is gone.
    """
    settings = Settings()
    states = read_states(settings)
    wanted = Selection(state=LetterState(state) if state else None, **filters)
    counts: Counter[LetterState] = Counter()
    for one in select(settings, states, wanted):
        counts[one.state] += 1
        if as_json:
            show_json_line(summary(*one))
        else:
            show_line(as_line(*one))
    if not as_json:
        show_line(_told(counts))


@letters.command()
@click.argument("letter", type=Id(), metavar="ID")
@click.option("--raw", is_flag=True, help="Only the value, its bytes as they are, into a file or a pipe.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
def show(letter: LetterId, *, raw: bool, as_json: bool) -> None:
    """Show a dead letter: source, reason, headers and value.

    ID is what `letters list` shows first.
    """
    settings = Settings()
    found = open_letter(settings, read_states(settings), letter)
    if raw:
        write_raw(found.letter.value or b"")
        return
    document = whole(found.letter, found.state)
    if as_json:
        show_json(document)
        return
    headers, value = document.pop("headers"), document.pop("value")
    for name, one in document.items():
        show_line(f"{name:16}{_shown(one)}")
    for name, one in headers:
        show_line(f"header          {name}: {_shown(one)}")
    show_line(f"value           {_shown(value)}")


@letters.command()
def stop() -> None:
    """Stop the replay that runs, in a terminal or in the console.

    What was sent is sent, each letter once; the others wait.
    """
    settings = Settings()
    with recorded(settings, Action.STOP_REPLAY, "the replay that runs"):
        stop_replay(settings)
    show_line("no replay that had begun sends anything more")


@letters.command()
@click.option("--before", type=Time(), help="Only what was written before this time, as 2026-01-31T12:00, in UTC.")
@click.option("--force", is_flag=True, help="Also letters that wait: their messages are lost. Needs --before.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
def purge(before: int | None, *, force: bool, dry_run: bool) -> None:
    """Delete the dead letters that were replayed or released.

    Kafka deletes only from the beginning of a partition: so the first letter that stays keeps all behind it.
    """
    if force and before is None:
        raise click.UsageError("--force needs --before.", click.get_current_context())
    settings = Settings()
    doomed = plan_purge(settings, before, is_forced=force)
    for one in doomed:
        show_line(_told_doomed(settings, one, "would delete" if dry_run else "deletes"))
    if not doomed:
        show_line("nothing can be deleted")
    if not dry_run:
        with recorded(settings, Action.PURGE, f"all letters below {before}" if before else "all settled letters"):
            purge_letters(settings, doomed)


def _shown(one: Any) -> str:
    if isinstance(one, dict):
        return f"base64 {one['base64']}"
    return "-" if one is None else str(one)


def _told(counts: Counter[LetterState] | dict[LetterState, int]) -> str:
    states = ", ".join(f"{counts[state]} {state}" for state in LetterState if state in counts)
    return f"{sum(counts.values())} letters{f': {states}' if states else ''}"


def _told_doomed(settings: Settings, one: Doomed, verb: str) -> str:
    stays = f"; {one.stopper}, and stays with all behind it" if one.stopper else ""
    topic = f"{settings.dead_letter_topic}[{one.partition}]"
    return f"{topic}: {verb} all below offset {one.end}: {_told(one.letters)}; {one.receipts} receipts{stays}"
