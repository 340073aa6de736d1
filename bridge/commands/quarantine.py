"""`chat-tasks quarantine`: shows quarantined conversations, and requests their release, which dispatch carries out."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
import orjson
from confluent_kafka.admin import AdminClient
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.audit.entry import Action, conversation_target
from bridge.audit.of_commands import recorded
from bridge.kafka.clients import base_config
from bridge.kafka.groups import describe_group
from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.kafka.topics.ids import known_topics
from bridge.records.quarantine_letters import Letter, Receipt, Receipts, read_letter
from bridge.terminal import show_json, show_line
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import NotReleased
from chat_tasks.log.shown_key import shown_key
from chat_tasks.printable import printable
from chat_tasks.settings import Settings
from chat_tasks.storage.quarantine import QuarantineTable
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import connected

_POLL_SECONDS = 0.2


class WaitingLetters:
    """Counts, for every conversation, the letters of this log that no release has published yet."""

    def __init__(self, log_id: str) -> None:
        self._log_id = log_id
        self._letters: dict[str, dict[int, str | None]] = defaultdict(dict)
        self._receipts: dict[str, Receipts] = defaultdict(lambda: Receipts(log_id))

    def take(self, found: Letter | Receipt) -> None:
        """Take a letter or a receipt; the order does not matter."""
        if isinstance(found, Receipt):
            self._receipts[found.conversation_key].take(found)
        elif found.log_id == self._log_id:
            self._letters[found.conversation_key][found.record.offset] = found.log_id
        elif found.log_id is None:
            self._letters[found.conversation_key].setdefault(found.record.offset, None)

    def of(self, conversation_key: str) -> int:
        """The number of letters of the conversation that are not published yet."""
        receipts, letters = self._receipts[conversation_key], self._letters[conversation_key]
        return sum(not receipts.cover(log_id, offset) for offset, log_id in letters.items())


def quarantined_conversations(settings: Settings) -> list[dict[str, Any]]:
    """A document for each quarantined conversation, the longest kept first. Raises `ChatTasksError`.

    Reads all of `dead_letter`.
    """
    with _table(settings) as (table, log_id):
        rows = table.of_partitions(range(settings.log_partitions))
    waiting = WaitingLetters(log_id)
    if rows:
        for messages in read_dead_letters(settings):
            for message in messages:
                if (letter := read_letter(settings, message)) is not None:
                    waiting.take(letter)
    return [
        {
            "conversationKey": row.conversation_key,
            "logPartition": row.log_partition,
            "state": "quarantined" if row.release_requested is None else "release requested",
            "since": datetime.fromtimestamp(row.since / 1000, UTC).isoformat(timespec="milliseconds"),
            "reason": row.reason,
            "deadLettersWaiting": waiting.of(row.conversation_key),
            "logName": shown_key(row.conversation_key, settings),
        }
        for row in sorted(rows, key=lambda row: row.since)
    ]


def as_table(found: Sequence[Mapping[str, Any]]) -> Table:
    """The documents as a table for people."""
    table = Table("conversation", "log partition", "state", "since", "reason", "dead letters waiting", "in the log")
    for one in found:
        # A key is a user's text, and must not be taken for markup.
        table.add_row(*(Text(printable(str(cell)), overflow="fold") for cell in one.values()))
    return table


def release_conversation(
    settings: Settings, conversation_key: str, timeout: float, report: Callable[[str], None]
) -> None:
    """Request the release and wait for it, `timeout` seconds at most; `report` gets a line for each step.

    Raises `NotReleased` with the reason, `ConfigurationError`, `DependencyUnavailable`. None of them names the
    conversation, because the audit keeps what they say.
    """
    name = orjson.dumps(conversation_key).decode()
    with _table(settings) as (table, _):
        found = table.find(conversation_key)
        if found is None:
            raise NotReleased("this conversation is not quarantined")
        if found.release_requested is None:
            table.request_release(conversation_key)
            report(f"{name}: the release is requested")
        else:
            report(f"{name}: the release was requested before")
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = table.find(conversation_key)
            if found is None:
                report(f"{name}: released, all its dead letters are published")
                return
            if found.release_requested is None:
                raise NotReleased(f"this conversation is quarantined again: {found.reason}")
            time.sleep(_POLL_SECONDS)
    why = _why_not_yet(settings, conversation_key)
    raise NotReleased(f"this conversation is not released after {timeout:g} seconds: {why}")


def _why_not_yet(settings: Settings, conversation_key: str) -> str:
    partition = partition_of(conversation_key.encode(), settings.log_partitions)
    members = describe_group(AdminClient(base_config(settings)), settings.dispatch_group).members
    owned = {(one.topic, one.partition) for member in members for one in member.assignment.topic_partitions}
    if (settings.log_topic, partition) in owned:
        return "dispatch is still at work on it. Run this command again to wait on"
    return f"no dispatch owns partition {partition} of {settings.log_topic}. The request stays: start dispatch"


@contextmanager
def _table(settings: Settings) -> Iterator[tuple[QuarantineTable, str]]:
    """The table, and the log's id."""
    with connected(settings) as session:
        known = known_topics(check_stored_settings(session, settings), [settings.log_topic])
        table = QuarantineTable(session, settings.cassandra_keyspace, settings.log_partitions)
        yield table, known[settings.log_topic].id


@click.group()
def quarantine() -> None:
    """Conversations whose rows contradict the log: show, release."""


@quarantine.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def show(*, as_json: bool) -> None:
    """Show the quarantined conversations and how much waits."""
    found = quarantined_conversations(Settings())
    if as_json:
        show_json(found)
    elif found:
        Console().print(as_table(found))
    else:
        show_line("no conversation is quarantined")


@quarantine.command()
@click.argument("conversation")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds to wait for dispatch to do it.")
def release(conversation: str, timeout: float) -> None:
    """Publish the dead letters of CONVERSATION, in order.

    Before anything newer of it. First mend its rows: up to its last message in instant_message_out they must be what
    that says. May be run again at any time; if the rows still contradict the log, the conversation is quarantined
    again, and nothing is lost.
    """
    settings = Settings()
    with recorded(settings, Action.RELEASE, conversation_target(conversation, settings)):
        release_conversation(settings, conversation, timeout, show_line)
