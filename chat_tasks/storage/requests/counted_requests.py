"""Requests to Cassandra, many at once, counted by what became of them."""

import time
from collections.abc import Sequence
from typing import Any

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent

from chat_tasks.formats.tasks import Requests
from chat_tasks.tracing.spans import Operation, current_span, inside


class CountedRequests:
    """Sends the requests of one kind of work, and counts them until they are taken.

    The worker's resources own one for each kind, and it lives as long as the worker process, which works on one task at
    a time. A request that fails raises nothing: its exception is in its result.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seconds = 0.0
        self._succeeded = self._failed = 0

    def send(
        self, operation: Operation, statements: Sequence[tuple[Any, Any]], **options: Any
    ) -> list[tuple[bool, Any]]:
        """Whether each request succeeded, and its rows or its exception; blocks. `options` go to the driver."""
        if not statements:
            return []
        started = time.monotonic()
        with inside(current_span().begin(operation)) as span:
            results = list(execute_concurrent(self._session, statements, raise_on_first_error=False, **options))
            failures = [result for succeeded, result in results if not succeeded]
            if failures:
                span.fail(failures[0])
        self._seconds += time.monotonic() - started
        self._failed += len(failures)
        self._succeeded += len(results) - len(failures)
        return results

    def take(self) -> Requests:
        """What was counted since the last call."""
        counted = Requests(self._seconds, self._succeeded, self._failed)
        self._seconds, self._succeeded, self._failed = 0.0, 0, 0
        return counted
