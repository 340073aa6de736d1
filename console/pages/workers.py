"""The page of queues and workers."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from bridge.audit.entry import Action
from chat_tasks.settings import Settings
from chat_tasks.worker.remote_control.control import change_pool
from console.access.guard import Guard, needs
from console.access.roles import Role
from console.answers.live import stream
from console.answers.recording import record
from console.answers.templating import render, render_part
from console.calls import call
from console.watch import Watch
from console.workers.page import WorkersView, workers_view

router = APIRouter(dependencies=[Depends(needs(Role.VIEWER))])
_changing = Depends(needs(Role.OPERATOR))

_PARTS = ("queues", "times", "workers")
_LOOK_SECONDS = 4.0
_ANSWER_SECONDS = 3.0
_MOST = 16

Worker = Annotated[str, Path(min_length=1, max_length=500)]


class PoolChange(BaseModel):
    """By how many processes a worker's pool grows, or shrinks if the number is negative."""

    by: Annotated[int, Field(ge=-_MOST, le=_MOST)]


@router.get("/workers", include_in_schema=False)
async def page(request: Request) -> Response:
    """The page."""
    await _look_now(request)
    return render(request, "workers.html", _values(request, may_change=_may_change(request)))


@router.get("/api/workers")
async def data(request: Request) -> WorkersView:
    """Each queue with what waits in it and who serves it, and each worker with what it has in hand.

    The workers are asked now: the answer takes a second and a half.
    """
    await _look_now(request)
    return _view(request)


@router.get("/live/workers", include_in_schema=False)
async def live(request: Request) -> EventSourceResponse:
    """The page's parts, as they change."""
    may_change = _may_change(request)

    def parts() -> Mapping[str, object]:
        values = _values(request, may_change=may_change)
        return {name: render_part(f"workers/{name}.html", values) for name in _PARTS}

    return stream(request, parts)


@router.post("/workers/pool", include_in_schema=False, dependencies=[_changing])
async def change_form(
    request: Request, worker: Annotated[str, Form(max_length=500)], by: Annotated[int, Form(ge=-_MOST, le=_MOST)]
) -> Response:
    """Change a pool, and show the page again."""
    await _change(request, worker, by)
    return RedirectResponse("/workers", 303)


@router.post("/api/workers/{worker}/pool", status_code=202, dependencies=[_changing])
async def change(request: Request, worker: Worker, change: PoolChange) -> None:
    """Let a worker have more processes, or fewer; `GET /api/workers` tells how many it has."""
    await _change(request, worker, change.by)


async def _change(request: Request, worker: str, by: int) -> None:
    if not by:
        return
    settings: Settings = request.app.state.settings
    action = Action.POOL_GROW if by > 0 else Action.POOL_SHRINK
    async with record(request, action, f"{worker} by {abs(by)}"):
        await call(lambda: change_pool(settings, worker, by, _ANSWER_SECONDS), "Redis")


async def _look_now(request: Request) -> None:
    watch: Watch = request.app.state.watch
    await call(lambda: watch.workers.look_now(_LOOK_SECONDS), "Redis")


def _may_change(request: Request) -> bool:
    guard: Guard = request.app.state.guard
    return guard.role(request) is Role.OPERATOR


def _values(request: Request, *, may_change: bool) -> Mapping[str, object]:
    return {"page": _view(request), "may_change": may_change}


def _view(request: Request) -> WorkersView:
    watch: Watch = request.app.state.watch
    sight = watch.sight()
    return workers_view(
        request.app.state.settings, sight, watch.workers.look(), watch.task_times.of_last_minute(sight.now)
    )
