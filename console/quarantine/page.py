"""The JSON of the pages of quarantined conversations, and the request to release one."""

from typing import Literal

from pydantic import BaseModel

from bridge.letters.opening import OpenedLetter
from bridge.letters.selection import Selection
from bridge.letters.states import LetterState
from bridge.picture.sight import Sight
from bridge.picture.sources.cassandra import Cassandra
from bridge.picture.sources.source import Reading
from bridge.records.quarantine_letters import Letter
from chat_tasks.conversation.conflicts import read_reason
from chat_tasks.conversation.pages import Page, StoredMessage
from chat_tasks.errors import NotReleased
from chat_tasks.settings import Settings
from chat_tasks.storage.quarantine import Quarantined
from chat_tasks.storage.session import failures_as_unavailable
from console.letters.look import Look
from console.quarantine.difference import differences
from console.quarantine.releases import Releases

ALL_HELD = Selection(state=LetterState.WAITING, stage="APPEND")


class QuarantinedView(BaseModel):
    """A conversation that is kept aside. Times are in seconds since 1970.

    `held` are its messages that wait as letters, None if that is not known; `held_at_request` is how many there were
    when this console requested the release. `owner` is the dispatch that would carry a release out.
    """

    key: str
    log_partition: int
    owner: str | None
    reason: str
    since: float
    state: Literal["quarantined", "release requested"]
    requested: float | None
    held: int | None
    held_at_request: int | None


class DifferenceView(BaseModel):
    """One field of the row, and of the record of the log that contradicts it."""

    field: str
    row: str | None
    record: str | None
    differs: bool


class ContradictionView(BaseModel):
    """What the reason of a quarantine is about.

    `number` is that of the row, `letter` the id of the letter that has the record; `failure` says why the record is not
    known. `is_there` says whether the row exists now.
    """

    number: int
    letter: str | None
    failure: str | None
    is_there: bool
    differences: list[DifferenceView]


class WholeQuarantinedView(QuarantinedView):
    """A conversation with its contradiction; None if the reason names no row."""

    contradiction: ContradictionView | None


def held_of(conversation_key: str) -> Selection:
    """The letters of a conversation that a release would publish."""
    return Selection(state=LetterState.WAITING, stage="APPEND", conversation=conversation_key)


def quarantined_view(
    settings: Settings, sight: Sight, held: Reading[Look], releases: Releases
) -> list[QuarantinedView]:
    """The quarantined conversations, the longest kept first."""
    return [
        _view(settings, sight, row, held.value, releases) for row in sorted(_rows(sight), key=lambda row: row.since)
    ]


def one_quarantined(
    settings: Settings, sight: Sight, key: str, held: Reading[Look], releases: Releases
) -> QuarantinedView | None:
    """One conversation; None if it is not quarantined."""
    row = next((one for one in _rows(sight) if one.conversation_key == key), None)
    return None if row is None else _view(settings, sight, row, held.value, releases)


def contradicting_letter(reason: str, look: Look | None) -> str | None:
    """The id of the letter whose record contradicts a row, or of the oldest one if the row is gone; None if unknown."""
    found = read_reason(reason)
    if found is None or look is None or not look.listed:
        return None
    by_offset = {one["offset"]: str(one["id"]) for one in look.listed}
    return by_offset[min(by_offset)] if found.log_offset is None else by_offset.get(found.log_offset)


def read_row(cassandra: Cassandra, key: str, reason: str) -> StoredMessage | None:
    """The row that the reason is about, if it is there; blocks. Raises `DependencyUnavailable`."""
    if (found := read_reason(reason)) is None:
        return None
    pages = cassandra.pages()
    with failures_as_unavailable():
        return next(iter(pages.rows(key, Page(found.sequence, found.sequence + 1))), None)


def contradiction_view(
    reason: str, row: StoredMessage | None, opened: OpenedLetter | None, failure: str
) -> ContradictionView | None:
    """The row beside the letter; `failure` says why there is none, if there is none."""
    if (found := read_reason(reason)) is None:
        return None
    letter: Letter | None = None if opened is None else opened.letter.quarantined
    return ContradictionView(
        number=found.sequence,
        letter=None if opened is None else str(opened.letter.id),
        failure=failure if opened is None else None,
        is_there=row is not None,
        differences=[
            DifferenceView(field=one.field, row=one.row, record=one.record, differs=one.differs)
            for one in differences(row, letter)
        ],
    )


def request_release(cassandra: Cassandra, key: str) -> None:
    """Ask dispatch to release a conversation; blocks.

    Raises `NotReleased` if it is not quarantined, and `DependencyUnavailable`.
    """
    table = cassandra.quarantine()
    with failures_as_unavailable():
        if table.find(key) is None:
            raise NotReleased("this conversation is not quarantined")
        table.request_release(key)


def _rows(sight: Sight) -> list[Quarantined]:
    return [] if sight.rows.value is None else sight.rows.value.quarantined


def _view(settings: Settings, sight: Sight, row: Quarantined, look: Look | None, releases: Releases) -> QuarantinedView:
    release = releases.of(row.conversation_key)
    requested = None if row.release_requested is None else row.release_requested / 1000
    if release is not None and requested is None and sight.rows.at is not None and release.at > sight.rows.at:
        # Cassandra was not asked since.
        requested = release.at
    owner = sight.owner(settings.log_topic, row.log_partition)
    return QuarantinedView(
        key=row.conversation_key,
        log_partition=row.log_partition,
        owner=None if owner is None else owner.name,
        reason=row.reason,
        since=row.since / 1000,
        state="quarantined" if requested is None else "release requested",
        requested=requested,
        held=None if look is None else look.held.get(row.conversation_key, 0),
        held_at_request=None if release is None or requested is None else release.held,
    )
