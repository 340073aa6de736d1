"""Blocking calls that the loop's thread must not make itself."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple


class CallDone(NamedTuple):
    """A call has ended, with `future`. It was sent in the assignment of that number, and `then` takes its result."""

    name: str
    assignment: int
    future: "Future[Any]"
    then: Callable[[Any], None]


class BackgroundCalls:
    """Runs named calls, three at a time: two long ones hold up no other. What is under way is not begun again.

    Owned by `Upkeep`. All methods are called in the loop's thread, the calls run in threads of their own, and their
    results come back to the loop's thread as an event.
    """

    def __init__(self, post: Callable[[object], None]) -> None:
        self._post = post
        self._executor = ThreadPoolExecutor(max_workers=3, thread_name_prefix="background calls")
        self._under_way: set[str] = set()
        self._assignment = 0

    def begin_anew(self) -> None:
        """An assignment has ended: what is under way was sent for it."""
        self._assignment += 1

    def is_under_way(self, name: str) -> bool:
        """Whether that call has not ended yet."""
        return name in self._under_way

    def send(self, name: str, call: Callable[[], Any], then: Callable[[Any], None] = lambda _: None) -> None:
        """Run the call, and post a `CallDone` when it has ended; returns at once."""
        if name in self._under_way:
            return
        self._under_way.add(name)
        number = self._assignment
        future = self._executor.submit(call)
        future.add_done_callback(
            lambda ended: None if ended.cancelled() else self._post(CallDone(name, number, ended, then))
        )

    def finish(self, done: CallDone) -> None:
        """Take the event: the name may be sent again. Raises what the call raised.

        A result for an earlier assignment may lack what has happened since, and is passed over.
        """
        self._under_way.discard(done.name)
        result = done.future.result()
        if done.assignment == self._assignment:
            done.then(result)

    def close(self) -> None:
        """Begin no more; does not wait for the one under way."""
        self._executor.shutdown(wait=False, cancel_futures=True)
