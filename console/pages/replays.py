"""The pages of replays: a dry run, then the replay, which goes on whether its page is open or not."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from bridge.audit.entry import Action, Who
from bridge.letters.selection import Selection
from bridge.records.replay_receipts import LetterId
from chat_tasks.errors import NotReplayed
from console.access.guard import Guard, Reader, needs
from console.access.roles import Role
from console.answers.live import stream
from console.answers.recording import record
from console.answers.templating import permissions, render, render_part
from console.letters.filters import Filters, WrongFilter
from console.letters.page import PAGE, ReplayView, WholeReplayView, replay_view, whole_replay_view
from console.letters.replays import MOST_LETTERS, Replay
from console.shell import in_shell
from console.watch import Watch

router = APIRouter(dependencies=[Depends(needs(Role.READER))])

_operating = Depends(needs(Role.OPERATOR))
First = Annotated[int, Query(ge=0)]


class NewReplay(Filters):
    """Which letters to send again: these `ids`, those that match, or with `everything` each that waits.

    `value` takes the place of the one letter's value. A dry run sends nothing.
    """

    ids: Annotated[list[str], Field(default_factory=list)]
    everything: bool = False
    value: str | None = None
    is_dry_run: bool = False


class Problem(BaseModel):
    """Why something was not done."""

    error: str


@router.post("/letters/replays", include_in_schema=False, dependencies=[_operating])
async def dry_run(request: Request, filters: Annotated[Filters, Form()]) -> Response:
    """See what would be sent of the letters that match."""
    watch: Watch = request.app.state.watch
    replay = watch.replays.start(
        _waiting(filters), command=f"{filters.replay_command} --dry-run", by=_who(request), is_dry_run=True
    )
    return _see(replay)


@router.get("/letters/replays/{replay_id}", include_in_schema=False)
async def page(request: Request, role: Reader, replay_id: str, first: First = 0) -> Response:
    """How far a replay is, and what became of each letter."""
    return render(request, "replay.html", _values(_find(request, replay_id), role, first))


@router.post("/letters/replays/{replay_id}", include_in_schema=False, dependencies=[_operating])
async def send(request: Request, replay_id: str) -> Response:
    """Send the very letters that a dry run has found."""
    watch: Watch = request.app.state.watch
    seen = _find(request, replay_id)
    if not seen.is_dry_run or seen.runs or not 0 < len(seen.receipted) < MOST_LETTERS:
        raise NotReplayed("this is no dry run that has found letters to send")
    wanted = replace(seen.wanted, ids=frozenset(one.letter for one in seen.receipted))
    return _see(watch.replays.start(wanted, command=seen.command.removesuffix(" --dry-run"), by=_who(request)))


@router.post("/letters/replays/{replay_id}/stop", include_in_schema=False, dependencies=[_operating])
async def stop_form(request: Request, replay_id: str) -> Response:
    """Stop a replay, and show its page again."""
    return _see(await _stop(request, replay_id))


@router.get("/live/replays/{replay_id}", include_in_schema=False)
async def live(request: Request, role: Reader, replay_id: str, first: First = 0) -> EventSourceResponse:
    """The page's parts, as they change."""
    replay = _find(request, replay_id)

    def parts() -> Mapping[str, object]:
        values = _values(replay, role, first)
        return {name: render_part(f"letters/{name}.html", values) for name in ("replay", "outcomes")}

    return stream(request, parts)


@router.post("/api/letters/replays", status_code=202, responses={409: {"model": Problem}}, dependencies=[_operating])
async def start(request: Request, wanted: NewReplay) -> ReplayView:
    """Send letters again, each once; `GET /api/letters/replays/ID` tells how far it is.

    What would be refused again is not sent. One replay runs at a time; dry runs do not count.
    """
    watch: Watch = request.app.state.watch
    if bool(wanted.ids) + wanted.everything + bool(wanted.options) != 1:
        raise HTTPException(422, "Give ids, or fields that say which letters, or everything.")
    if wanted.value is not None and len(wanted.ids) != 1:
        raise HTTPException(422, "One value takes the place of one letter's: give one id.")
    try:
        ids = frozenset(map(LetterId.read, wanted.ids))
    except ValueError:
        raise HTTPException(422, "ids: an id is a partition and an offset, as 3@1842") from None
    edits = [] if wanted.value is None else ["--value", wanted.value]
    dry = " --dry-run" if wanted.is_dry_run else ""
    command = in_shell("chat-tasks", "letters", "replay", *wanted.ids) if ids else wanted.replay_command
    value = None if wanted.value is None else wanted.value.encode(errors="surrogatepass")
    replay = watch.replays.start(
        replace(_waiting(wanted), ids=ids),
        command=f"{command}{' --value-file FILE' if edits else ''}{dry}",
        by=_who(request),
        value=value,
        is_dry_run=wanted.is_dry_run,
    )
    return replay_view(replay)


@router.get("/api/letters/replays")
async def replays(request: Request) -> list[ReplayView]:
    """The newest replays of this console, newest first."""
    watch: Watch = request.app.state.watch
    return [replay_view(one) for one in watch.replays.all()]


@router.get("/api/letters/replays/{replay_id}")
async def one(
    request: Request, replay_id: str, first: First = 0, limit: Annotated[int, Query(ge=1, le=1000)] = PAGE
) -> WholeReplayView:
    """A replay, and what became of its letters."""
    return whole_replay_view(_find(request, replay_id), first, limit)


@router.post("/api/letters/replays/{replay_id}/stop", status_code=202, dependencies=[_operating])
async def stop(request: Request, replay_id: str) -> ReplayView:
    """Stop a replay after the transaction that is under way."""
    return replay_view(await _stop(request, replay_id))


async def _stop(request: Request, replay_id: str) -> Replay:
    replay = _find(request, replay_id)
    # A dry run changes nothing, so nobody wants to know who has stopped it.
    async with nullcontext() if replay.is_dry_run else record(request, Action.STOP_REPLAY, replay.target):
        replay.is_stopping = True
    return replay


def _waiting(filters: Filters) -> Selection:
    """The letters that match. Those that do not wait are told from the others by the replay itself."""
    try:
        return replace(filters.selection(), state=None)
    except WrongFilter as error:
        raise HTTPException(422, str(error)) from None


def _who(request: Request) -> Who:
    guard: Guard = request.app.state.guard
    return guard.who(request)


def _find(request: Request, replay_id: str) -> Replay:
    watch: Watch = request.app.state.watch
    replay = watch.replays.find(replay_id)
    if replay is None:
        raise HTTPException(404, "The console remembers its newest ten replays, until it ends: this is none of them.")
    return replay


def _see(replay: Replay) -> Response:
    return RedirectResponse(f"/letters/replays/{replay.id}", 303)


def _values(replay: Replay, role: Role, first: int) -> dict[str, object]:
    return {
        **permissions(role),
        "replay": whole_replay_view(replay, first),
        "page_size": PAGE,
        "listed": max(len(replay.receipted), len(replay.refused)),
        "is_sendable": replay.is_dry_run and not replay.runs and 0 < len(replay.receipted) < MOST_LETTERS,
    }
