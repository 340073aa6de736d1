"""The page of partitions."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from console.access.guard import needs
from console.access.roles import Role
from console.answers.live import stream
from console.answers.templating import render, render_part
from console.partitions.page import PartitionView, partitions_view
from console.watch import Watch

router = APIRouter(dependencies=[Depends(needs(Role.VIEWER))])


@router.get("/partitions", include_in_schema=False)
async def page(request: Request) -> Response:
    """The page."""
    return render(request, "partitions.html", _values(request))


@router.get("/api/partitions")
async def data(request: Request) -> list[PartitionView]:
    """Each partition that is read: who owns it, what is committed, and what is finished above it."""
    watch: Watch = request.app.state.watch
    return partitions_view(watch.sight())


@router.get("/live/partitions", include_in_schema=False)
async def live(request: Request) -> EventSourceResponse:
    """The table, as it changes."""
    return stream(request, lambda: {"table": render_part("partitions/table.html", _values(request))})


def _values(request: Request) -> Mapping[str, object]:
    watch: Watch = request.app.state.watch
    sight = watch.sight()
    return {"partitions": partitions_view(sight), "reading": sight.positions}
