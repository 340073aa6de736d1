"""What a process answers to a Prometheus server."""

from collections.abc import Callable, Iterable

from chat_tasks.http.routes import Response, Route
from chat_tasks.metrics.definitions import BUILD_INFO
from chat_tasks.metrics.exposition import CONTENT_TYPE, exposition
from chat_tasks.metrics.metric import Sample
from chat_tasks.version import VERSION


def metrics_route(measure: Callable[[], Iterable[Sample]]) -> Route:
    """The route that shows the version of this process and what `measure` returns at that moment."""
    build_info = BUILD_INFO.sample(1, VERSION)
    return lambda _: Response(200, CONTENT_TYPE, exposition([build_info, *measure()]))
