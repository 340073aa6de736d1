"""Blocking calls that the loop's thread must not make itself."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple


class CallDone(NamedTuple):
    """`error` is None where the call returned `result`; `assignment` is the number of the one that it was sent in."""

    name: str
    assignment: int
    result: Any
    error: BaseException | None


class BackgroundCalls:
    """Runs named calls, three at a time: two long ones hold up no other. What is under way is not begun again."""

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

    def send(self, name: str, call: Callable[[], Any]) -> None:
        """Post an `CallDone` when the call has ended; returns at once. From the loop's thread only."""
        if name in self._under_way:
            return
        self._under_way.add(name)
        number = self._assignment
        self._executor.submit(call).add_done_callback(lambda future: self._done(name, number, future))

    def ended(self, done: CallDone) -> bool:
        """The loop's thread has seen the event: the name may be sent again. Whether it was sent in this assignment."""
        self._under_way.discard(done.name)
        return done.assignment == self._assignment

    def close(self) -> None:
        """Begin no more; does not wait for the one under way."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _done(self, name: str, number: int, future: "Future[Any]") -> None:
        if not future.cancelled():
            error = future.exception()
            self._post(CallDone(name, number, None if error else future.result(), error))
