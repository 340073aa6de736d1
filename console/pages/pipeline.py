"""The first page: where the pipeline stands."""

import time
from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from bridge.picture.view import PipelineView
from chat_tasks.settings import Settings
from console.access.guard import Viewer, needs
from console.access.roles import Role
from console.answers.live import stream
from console.answers.templating import render, render_part
from console.events.page import EventView, events_view
from console.watch import Watch

# The newest events on the page, and all that there can be.
_SHOWN, _ALL = 30, 2_000
_PARTS = ("standing", "messages", "latency", "road")


router = APIRouter(dependencies=[Depends(needs(Role.VIEWER))])


@router.get("/", include_in_schema=False)
async def page(request: Request, role: Viewer) -> Response:
    """The page."""
    return render(request, "pipeline.html", {"page": _view(request), **_happened(request, role)})


@router.get("/api/pipeline")
async def data(request: Request) -> PipelineView:
    """Where the pipeline stands: every station of the road, and the last 15 minutes."""
    return _view(request)


@router.get("/api/events")
async def events(request: Request, role: Viewer) -> list[EventView]:
    """What happened in the last 15 minutes, the newest first: notable events of all processes' logs."""
    watch: Watch = request.app.state.watch
    return events_view(watch.events, _ALL, time.time(), may_see_keys=_may_see_keys(request, role))


@router.get("/live/pipeline", include_in_schema=False)
async def live(request: Request, role: Viewer) -> EventSourceResponse:
    """The page's parts, as they change."""

    def parts() -> Mapping[str, object]:
        now = _view(request)
        return {name: render_part(f"pipeline/{name}.html", {"page": now}) for name in _PARTS} | {
            "chart": now.chart.model_dump(),
            "happened": render_part("pipeline/happened.html", _happened(request, role)),
        }

    return stream(request, parts)


def _happened(request: Request, role: Role) -> Mapping[str, object]:
    watch: Watch = request.app.state.watch
    events = events_view(watch.events, _SHOWN, time.time(), may_see_keys=_may_see_keys(request, role))
    return {"events": events, "most": _SHOWN}


def _may_see_keys(request: Request, role: Role) -> bool:
    """Whether lines of logs may be shown as they are: with `CHAT_LOG_KEYS` they name conversations."""
    settings: Settings = request.app.state.settings
    return role >= Role.READER or not settings.log_keys


def _view(request: Request) -> PipelineView:
    watch: Watch = request.app.state.watch
    return watch.view()
