"""The page of the audit: who did what."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from bridge.audit.entry import Action
from bridge.audit.reading import AuditPart, read_audit
from bridge.picture.sources.source import Reading
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings
from console.access.guard import needs
from console.access.roles import Role
from console.answers.live import stream
from console.answers.templating import render, render_part
from console.audit.page import AuditView, audit_view
from console.calls import call
from console.watch import AUDIT_RECORDS, Watch

router = APIRouter(dependencies=[Depends(needs(Role.READER))])

_SECONDS = 6.0

Before = Annotated[int | None, Query(ge=0, le=2**62)]


@router.get("/audit", include_in_schema=False)
async def page(request: Request, before: Before = None, action: Action | Literal[""] = "") -> Response:
    """The page; the newest part if no offset is given, of all actions if none is."""
    watch: Watch = request.app.state.watch
    is_newest = before is None and not action
    if is_newest:
        reading = await call(lambda: watch.audit.look_now(_SECONDS), "Kafka")
    else:
        reading = Reading(await _part(request, before, action or None))
    values = {**_values(reading), "is_newest": is_newest, "action": action, "actions": list(Action)}
    return render(request, "audit.html", values)


@router.get("/api/audit")
async def data(request: Request, before: Before = None, action: Action | None = None) -> AuditView:
    """Who did what, the newest first; the part before an offset if one is given, and one action if that is given."""
    watch: Watch = request.app.state.watch
    if before is not None or action is not None:
        return audit_view(await _part(request, before, action))
    reading = await call(lambda: watch.audit.look_now(_SECONDS), "Kafka")
    if reading.value is None or reading.failure is not None:
        raise DependencyUnavailable(reading.failure or "Kafka does not answer")
    return audit_view(reading.value)


@router.get("/live/audit", include_in_schema=False)
async def live(request: Request) -> EventSourceResponse:
    """The table, as it changes."""
    watch: Watch = request.app.state.watch
    return stream(request, lambda: {"table": render_part("audit/table.html", _values(watch.audit.look()))})


async def _part(request: Request, before: int | None, action: Action | None) -> AuditPart:
    settings: Settings = request.app.state.settings
    return await call(lambda: read_audit(settings, AUDIT_RECORDS, before, action=action), "Kafka")


def _values(reading: Reading[AuditPart]) -> Mapping[str, object]:
    audit = None if reading.value is None else audit_view(reading.value)
    return {"audit": audit, "reading": reading, "action": ""}
