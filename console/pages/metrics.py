"""What the console's process shows to a Prometheus server, also while every bridge is dead."""

from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bridge.picture.sight import Sight
from chat_tasks.http.metrics import metrics_route
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Sample
from console.access.guard import needs
from console.access.roles import Role
from console.watch import Watch

router = APIRouter(dependencies=[Depends(needs(Role.VIEWER))])


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """The metrics, as Prometheus reads them."""
    watch: Watch = request.app.state.watch
    shown = metrics_route(lambda: gauges(watch.sight()))({})
    return Response(shown.body, shown.status, media_type=shown.content_type)


def gauges(sight: Sight) -> Iterator[Sample]:
    """What the servers told. Of a server that does not answer there is nothing: it would be old."""
    if sight.positions.failure is None:
        for one in sight.positions.value or ():
            yield definitions.GROUP_LAG_RECORDS.sample(one.waiting, one.group, one.topic, str(one.partition))
    if sight.letters.failure is None and (letters := sight.letters.value) is not None:
        yield from definitions.DEAD_LETTERS_WAITING.samples(letters.by_stage)
        yield definitions.OLDEST_WAITING_LETTER_AGE.sample(sight.oldest_letter() or 0.0)
    if sight.rows.failure is None and sight.rows.value is not None:
        requested = sum(one.release_requested is not None for one in sight.rows.value.quarantined)
        states = {"quarantined": len(sight.rows.value.quarantined) - requested, "release_requested": requested}
        yield from definitions.QUARANTINED_CONVERSATIONS.samples(states)
