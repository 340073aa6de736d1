"""The JSON of the pages of letters."""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from bridge.letters.dead_letter import time_from, time_of
from bridge.letters.documents import whole
from bridge.letters.opening import OpenedLetter
from bridge.letters.replay import Receipted, Refused
from bridge.letters.states import LetterState
from bridge.picture.sources.source import Reading
from console.letters.look import Look
from console.letters.replays import Replay

PAGE = 50
_REASONS = 20


class FigureView(BaseModel):
    """How many letters a stage gave up for a reason, by what became of them.

    The names are those of the metric `chat_tasks_dead_letters_total`.
    """

    stage: str
    reason: str
    waiting: int
    replayed: int
    released: int
    stranded: int


class Seen(BaseModel):
    """When Kafka was asked last, and what is wrong if it does not answer. Times are in seconds since 1970."""

    at: float | None
    failure: str | None
    failing_since: float | None


class FiguresView(Seen):
    """The letters in figures; `figures` is None until Kafka has answered once."""

    figures: list[FigureView] | None

    @property
    def waiting(self) -> int:
        """How many letters wait."""
        return sum(one.waiting for one in self.figures or [])


class _Letter(BaseModel):
    """What became of a letter, and why it is one. `topic`, `partition` and `offset` say where its record came from."""

    id: str
    time: str
    state: str
    stage: str | None
    error: str | None
    reason: str
    topic: str | None
    partition: int | None
    offset: int | None


class LetterView(_Letter):
    """A letter in a list."""

    conversationKey: str | None  # noqa: N815 - the contract's own name
    bytes: int


class LettersView(FiguresView):
    """A page of the letters that match, newest first.

    `figures` count what matches in any state, `total` what matches. `listed` of these have pages, the newest ones.
    `older` is the id to ask for the next page with, None if this is the last. If more letters match than are listed,
    `older_until` is the filter's `until` whose pages go on; letters of its last millisecond are on both. It is None
    too if the listed letters are all of one millisecond, so that it would lead to the same ones.
    """

    total: int | None
    listed: int
    first: int
    letters: list[LetterView]
    newer: str | None
    older: str | None
    older_until: str | None


class ReceiptView(BaseModel):
    """The receipt of a letter that was sent again."""

    id: str
    time: str


class WholeLetterView(_Letter):
    """A letter with all that it holds. Texts that are no UTF-8 are None here, and in `value_base64` in any case."""

    instance: str | None
    conversationKey: str | None  # noqa: N815 - the contract's own name
    key: str | None
    headers: list[tuple[str, Any]]
    value: str | None
    value_base64: str
    cut: list[str]
    receipt: ReceiptView | None


class PlaceView(BaseModel):
    """The offset of a record."""

    topic: str
    partition: int
    offset: int


class OutcomeView(BaseModel):
    """What became of one letter: where its record and its receipt are, or why it was not sent.

    A dry run has neither.
    """

    letter: str
    conversationKey: str | None  # noqa: N815 - the contract's own name
    sent_to: PlaceView | None = None
    receipt: str | None = None
    reason: str | None = None


class ReplayView(BaseModel):
    """A replay and how far it is: times are in seconds since 1970, all else are numbers of letters or records.

    `before` letters were sent again, or released, before. `sent` are the letters that were sent, or would be.
    """

    id: str
    state: Literal["running", "ended", "failed"]
    is_dry_run: bool
    is_edited: bool
    by: str
    command: str
    began: float
    ended: float | None
    looked_through: int
    records: int
    sent: int
    before: int | None
    refused: int
    reasons: dict[str, int]
    failure: str | None


class WholeReplayView(ReplayView):
    """A replay with its letters: `outcomes` from `first` on, and `refusals`, a page of each."""

    first: int
    outcomes: list[OutcomeView]
    refusals: list[OutcomeView]


def figures_view(reading: Reading[Look]) -> FiguresView:
    """The figures."""
    return FiguresView(**_seen(reading), figures=_figures(reading.value))


def letters_view(reading: Reading[Look], older_than: str | None, limit: int = PAGE) -> LettersView:
    """The letters that follow the one with the id `older_than`; the newest ones if it is not among them."""
    listed: Sequence[Mapping[str, Any]] = () if reading.value is None else reading.value.listed
    places = {one["id"]: place for place, one in enumerate(listed)} if older_than is not None else {}
    first = places.get(older_than, -1) + 1
    shown = listed[first : first + limit]
    newer = None
    if first > 0:
        before = first - limit
        newer = listed[before - 1]["id"] if before > 0 else ""
    return LettersView(
        **_seen(reading),
        figures=_figures(reading.value),
        total=None if reading.value is None else reading.value.total,
        listed=len(listed),
        first=first,
        letters=[LetterView(**one) for one in shown],
        newer=newer,
        older=shown[-1]["id"] if first + limit < len(listed) else None,
        older_until=None if reading.value is None else _older_until(reading.value),
    )


def whole_letter_view(opened: OpenedLetter) -> WholeLetterView:
    """A letter with all that it holds."""
    document = whole(opened.letter, opened.state)
    value, key = document.pop("value"), document.pop("key")
    return WholeLetterView(
        **document,
        key=key if isinstance(key, str) else None,
        value=value if isinstance(value, str) else None,
        value_base64=b64encode(opened.letter.value or b"").decode(),
        cut=opened.letter.cut,
        receipt=None
        if opened.receipt is None
        else ReceiptView(id=str(opened.receipt.id), time=time_of(opened.receipt.written_at)),
    )


def replay_view(replay: Replay) -> ReplayView:
    """A replay."""
    return ReplayView(**_replay(replay))


def whole_replay_view(replay: Replay, first: int = 0, limit: int = PAGE) -> WholeReplayView:
    """A replay with a page of its letters."""
    return WholeReplayView(
        **_replay(replay),
        first=first,
        outcomes=[_outcome(one) for one in replay.receipted[first : first + limit]],
        refusals=[_outcome(one) for one in replay.refused[first : first + limit]],
    )


def state_words(state: str) -> str:
    """What became of a letter, for people."""
    return {"waiting": "waits", "replayed": "sent again", "released": "released", "stranded": "of a lost log"}[state]


def _replay(replay: Replay) -> dict[str, Any]:
    # A copy, because the replay goes on.
    done, reasons = replay.done, Counter(dict(replay.reasons))
    return {
        "id": replay.id,
        "state": "running" if replay.runs else "ended" if replay.failure is None else "failed",
        "is_dry_run": replay.is_dry_run,
        "is_edited": replay.value is not None,
        "by": f"{replay.by.name} ({replay.by.role})" if replay.by.name else replay.by.role,
        "command": replay.command,
        "began": replay.began,
        "ended": replay.ended,
        "looked_through": replay.progress.looked_through,
        # Letters that came meanwhile are looked through too.
        "records": max(replay.progress.records, replay.progress.looked_through),
        "sent": replay.progress.sent if done is None else done.sent,
        "before": None if done is None else done.before,
        "refused": sum(reasons.values()),
        "reasons": dict(reasons.most_common(_REASONS)),
        "failure": replay.failure,
    }


def _outcome(one: Receipted | Refused) -> OutcomeView:
    if isinstance(one, Refused):
        return OutcomeView(letter=str(one.letter), conversationKey=one.conversation_key, reason=one.reason)
    return OutcomeView(
        letter=str(one.letter),
        conversationKey=one.conversation_key,
        sent_to=None if one.sent_to is None else PlaceView(**one.sent_to._asdict()),
        receipt=None if one.receipt is None else str(one.receipt),
    )


def _older_until(look: Look) -> str | None:
    if look.total == len(look.listed) or look.listed[0]["time"] == look.listed[-1]["time"]:
        return None
    # As people type it: a filter's time is in UTC.
    return time_of(time_from(look.listed[-1]["time"]) + 1).removesuffix("+00:00")


def _seen(reading: Reading[Look]) -> dict[str, Any]:
    return {"at": reading.at, "failure": reading.failure, "failing_since": reading.failing_since}


def _figures(look: Look | None) -> list[FigureView] | None:
    if look is None:
        return None
    kinds = sorted({kind for kind, _ in look.figures})
    return [
        FigureView(
            stage=kind.stage,
            reason=kind.reason,
            **{str(state): look.figures.get((kind, state), 0) for state in LetterState},
        )
        for kind in kinds
    ]
