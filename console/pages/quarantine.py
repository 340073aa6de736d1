"""The pages of quarantined conversations: all of them, and one with its contradiction and its release."""

import asyncio
import time
from collections.abc import Mapping

from fastapi import APIRouter, Depends, HTTPException, Request
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from bridge.audit.entry import Action, conversation_target
from bridge.letters.opening import OpenedLetter
from bridge.records.replay_receipts import LetterId
from chat_tasks.errors import DependencyUnavailable, NotReplayed
from console.access.guard import Operator, Reader, needs
from console.access.roles import Role
from console.addresses import quarantine_address
from console.answers.live import stream
from console.answers.recording import record
from console.answers.templating import permissions, render, render_part
from console.calls import call
from console.quarantine.page import (
    ALL_HELD,
    ContradictionView,
    QuarantinedView,
    WholeQuarantinedView,
    contradicting_letter,
    contradiction_view,
    held_of,
    one_quarantined,
    quarantined_view,
    read_row,
    request_release,
)
from console.quarantine.releases import Release
from console.shell import argument
from console.watch import Watch

router = APIRouter(dependencies=[Depends(needs(Role.READER))])


@router.get("/quarantine", include_in_schema=False)
async def page(request: Request, role: Reader) -> Response:
    """The page."""
    watch: Watch = request.app.state.watch
    await watch.letters.look(ALL_HELD)
    return render(request, "quarantine.html", _all(request, role))


@router.get("/live/quarantine", include_in_schema=False)
async def live(request: Request, role: Reader) -> EventSourceResponse:
    """The table, as it changes."""
    watch: Watch = request.app.state.watch

    def parts() -> Mapping[str, object]:
        watch.letters.keep_looking(ALL_HELD)
        return {"table": render_part("quarantine/table.html", _all(request, role))}

    return stream(request, parts)


@router.get("/quarantine/conversation", include_in_schema=False)
async def one_page(request: Request, role: Reader, key: str) -> Response:
    """One conversation: its row beside the record that contradicts it, and its release."""
    watch: Watch = request.app.state.watch
    await watch.letters.look(held_of(key))
    values = _one(request, role, key)
    found, failure = values["conversation"], None
    contradiction: ContradictionView | None = None
    try:
        if isinstance(found, QuarantinedView):
            contradiction = await _contradiction(watch, found)
    except DependencyUnavailable as error:
        failure = str(error)
    return render(
        request, "quarantine/conversation.html", {**values, "contradiction": contradiction, "failure": failure}
    )


@router.get("/live/quarantine/conversation", include_in_schema=False)
async def live_one(request: Request, role: Reader, key: str) -> EventSourceResponse:
    """How the release goes on."""
    watch: Watch = request.app.state.watch

    def parts() -> Mapping[str, object]:
        watch.letters.keep_looking(held_of(key))
        return {"release": render_part("quarantine/release.html", _one(request, role, key))}

    return stream(request, parts)


@router.post("/quarantine", include_in_schema=False)
async def release_form(request: Request, role: Operator, key: str) -> Response:
    """Request a release, and show how it goes on."""
    await _release(request, role, key)
    return RedirectResponse(quarantine_address(key), 303)


@router.get("/api/quarantine")
async def data(request: Request) -> list[QuarantinedView]:
    """The quarantined conversations, the longest kept first."""
    watch: Watch = request.app.state.watch
    held = await watch.letters.look(ALL_HELD)
    return quarantined_view(request.app.state.settings, watch.sight(), held, watch.releases)


@router.get("/api/quarantine/{key:key}")
async def one(request: Request, key: str) -> WholeQuarantinedView:
    """One quarantined conversation: what its row holds, and what the record of the log that contradicts it."""
    watch: Watch = request.app.state.watch
    held = await watch.letters.look(held_of(key))
    found = one_quarantined(request.app.state.settings, watch.sight(), key, held, watch.releases)
    if found is None:
        raise HTTPException(404, "This conversation is not quarantined.")
    contradiction = await _contradiction(watch, found)
    return WholeQuarantinedView(**found.model_dump(), contradiction=contradiction)


@router.post("/api/quarantine/{key:key}/release", status_code=202)
async def release(request: Request, role: Operator, key: str) -> None:
    """Request the release of a conversation; dispatch carries it out, and `GET /api/quarantine` tells how it went."""
    await _release(request, role, key)


async def _contradiction(watch: Watch, found: QuarantinedView) -> ContradictionView | None:
    letter = contradicting_letter(found.reason, watch.letters.reading(held_of(found.key)).value)
    row, (opened, failure) = await asyncio.gather(
        call(lambda: read_row(watch.cassandra, found.key, found.reason), "Cassandra"), _record(watch, letter)
    )
    return contradiction_view(found.reason, row, opened, failure)


async def _record(watch: Watch, letter: str | None) -> tuple[OpenedLetter | None, str]:
    """The letter that holds the record, or why it cannot be shown."""
    if letter is None:
        return None, "no letter that waits has the record"
    try:
        return await watch.letters.open(LetterId.read(letter)), ""
    except (NotReplayed, DependencyUnavailable) as error:
        return None, str(error)


async def _release(request: Request, role: Role, key: str) -> None:
    watch: Watch = request.app.state.watch
    reading = watch.letters.reading(held_of(key))
    held = None if reading.value is None else reading.value.held.get(key, 0)
    async with record(request, Action.RELEASE, conversation_target(key, request.app.state.settings)) as recording:
        await call(lambda: request_release(watch.cassandra, key), "Cassandra")
        recording.detail = "requested"
    watch.releases.note(key, Release(time.time(), held, role.label))


def _all(request: Request, role: Role) -> dict[str, object]:
    watch: Watch = request.app.state.watch
    sight, held = watch.sight(), watch.letters.reading(ALL_HELD)
    conversations = quarantined_view(request.app.state.settings, sight, held, watch.releases)
    return {**permissions(role), "conversations": conversations, "reading": sight.rows, "letters": held}


def _one(request: Request, role: Role, key: str) -> dict[str, object]:
    watch: Watch = request.app.state.watch
    sight, held = watch.sight(), watch.letters.reading(held_of(key))
    return {
        **permissions(role),
        "key": key,
        "conversation": one_quarantined(request.app.state.settings, sight, key, held, watch.releases),
        "requested": watch.releases.of(key),
        "reading": sight.rows,
        "letters": held,
        "command": f"chat-tasks quarantine release {argument(key)}",
    }
