"""Runs blocking calls in threads of their own, because the loop's thread must not block."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple


class CallDone(NamedTuple):
    """A call has ended, with `future`. The call was sent in the assignment of that number; `then` takes its result."""

    name: str
    assignment: int
    future: "Future[Any]"
    then: Callable[[Any], None]


class BackgroundCalls:
    """Runs named calls, three at a time, so that two long calls hold up no other.

    `Upkeep` owns the calls, and closes them when the loop ends. All methods are called in the loop's thread, the calls
    run in threads of their own, and each result comes back to the loop's thread as a `CallDone`. Invariants: of each
    name at most one call is under way, and a result of an earlier assignment is passed over. A call may raise anything;
    `finish` raises it in the loop's thread.
    """

    def __init__(self, post: Callable[[object], None]) -> None:
        self._post = post
        self._executor = ThreadPoolExecutor(max_workers=3, thread_name_prefix="background calls")
        self._under_way: set[str] = set()
        self._assignment = 0

    def begin_anew(self) -> None:
        """Take note that an assignment has ended: the calls under way were sent for it."""
        self._assignment += 1

    def is_under_way(self, name: str) -> bool:
        """Whether the call of that name has not ended yet."""
        return name in self._under_way

    def send(self, name: str, call: Callable[[], Any], then: Callable[[Any], None] = lambda _: None) -> None:
        """Run the call, and post a `CallDone` when it has ended; returns at once.

        Nothing is sent if a call of that name is under way.
        """
        if name in self._under_way:
            return
        self._under_way.add(name)
        number = self._assignment
        future = self._executor.submit(call)
        future.add_done_callback(
            lambda ended: None if ended.cancelled() else self._post(CallDone(name, number, ended, then))
        )

    def finish(self, done: CallDone) -> None:
        """Take the event, after which the name may be sent again. Raises what the call raised.

        The result of a call that was sent for an earlier assignment may lack what has happened since, and is passed
        over.
        """
        self._under_way.discard(done.name)
        result = done.future.result()
        if done.assignment == self._assignment:
            done.then(result)

    def close(self) -> None:
        """Begin no more calls; returns at once, without waiting for those under way."""
        self._executor.shutdown(wait=False, cancel_futures=True)
