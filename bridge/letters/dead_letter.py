"""A dead letter as an operator sees it, of whatever kind."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from bridge.kafka.headers import SENT_AT, Headers, headers_of
from bridge.records.dead_letters import DROPPED, DeadLetterContext, read_dead_letter_headers
from bridge.records.quarantine_letters import Letter, Receipt, read_letter
from bridge.records.replay_receipts import LetterId, read_replay_receipt
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings


class DeadLetter(NamedTuple):
    """A record of `dead_letter` that is no receipt.

    `written_at` is in milliseconds since 1970. `context` is None if the letter is not this pipeline's. `quarantined` is
    the record of the log, if the letter is that of a quarantined conversation.
    """

    id: LetterId
    written_at: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    context: DeadLetterContext | None
    quarantined: Letter | None

    @property
    def stage(self) -> str | None:
        """The stage that gave the record up."""
        return self.context.source.stage if self.context else None

    @property
    def reason(self) -> str:
        """Why the record was given up, for people."""
        return self.context.reason if self.context else "another program wrote this letter"

    @property
    def conversation_key(self) -> str | None:
        """The key of the conversation that the record names; None if the record names none that can be read."""
        if self.quarantined is not None:
            return self.quarantined.conversation_key
        try:
            key = _keyed.decode(self.value or b"").conversationKey
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return key if isinstance(key, str) else None

    @property
    def sender_headers(self) -> Headers:
        """The headers that the record had when it was sent."""
        if self.quarantined is not None:
            return self.quarantined.record.headers
        return _split(self.context)[0]

    @property
    def cut(self) -> list[str]:
        """What the letter does not hold of its record: `value`, `key` or `headers`, and how much of it."""
        return _split(self.context)[1]


class _Keyed(msgspec.Struct):
    conversationKey: Any = None  # noqa: N815 - the contract's own name


_keyed = msgspec.json.Decoder(_Keyed)


def read_dead_letter(settings: Settings, message: Any) -> DeadLetter | LetterId | Receipt:
    """What a message of `dead_letter` is.

    A letter, the id of a letter that was sent again, or the receipt of a quarantined conversation's letters.
    """
    headers: Headers = []
    context: DeadLetterContext | None = None
    quarantined: Letter | None = None
    try:
        headers = headers_of(message)
        context = read_dead_letter_headers(headers)
    except (InvalidRecord, ValueError):
        # Another program has written it.
        pass
    if context is not None:
        if (replayed := read_replay_receipt(settings, context)) is not None:
            return replayed
        of_quarantine = read_letter(settings, message)
        if isinstance(of_quarantine, Receipt):
            return of_quarantine
        quarantined = of_quarantine
    _, written_at = message.timestamp()
    found = LetterId(message.partition(), message.offset())
    return DeadLetter(found, written_at, message.key(), message.value(), headers, context, quarantined)


def time_of(milliseconds: int) -> str:
    """A time in milliseconds since 1970 for people, and for programs."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def time_from(text: str) -> int:
    """Milliseconds since 1970 of a time such as 2026-01-31T12:00, in UTC if it names no zone. Raises `ValueError`."""
    found = datetime.fromisoformat(text)
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _split(context: DeadLetterContext | None) -> tuple[Headers, list[str]]:
    """The sender's headers, and what was cut off. A letter's own headers follow the sender's."""
    headers, cut = list(context.original if context else []), []
    if headers and headers[-1][0] == SENT_AT:
        headers.pop()
    while headers and headers[-1][0] == DROPPED:
        cut.append((headers.pop()[1] or b"").decode(errors="backslashreplace"))
    return headers, cut[::-1]
