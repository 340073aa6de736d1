"""Calls of other threads into the loop's thread: the caller waits for the answer, the loop for nobody."""

from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import KafkaException

from bridge.loop.events import Call
from chat_tasks.errors import ChatTasksError, DependencyUnavailable

_ASK_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_ENDED = "the loop ended during a rebalance"

AnswerT = TypeVar("AnswerT")


class Calls:
    """The callers' side. The `Loop` owns the calls, answers each in its thread, and sets `loop_has_ended` when it ends.

    Other methods are called in any thread. A call whose loop has ended is refused, so no thread waits for ever.
    """

    def __init__(self, post: Callable[[object], None]) -> None:
        self._post = post
        self.loop_has_ended = False

    def ask(self, question: Callable[[], AnswerT]) -> AnswerT | None:
        """What the question returns or raises; None if the loop does not answer within a second."""

        def answered_or_failed() -> AnswerT | Exception:
            try:
                return question()
            except Exception as error:  # noqa: BLE001 - whoever asked hears of it, and no loop ends for an answer
                return error

        call = Call(answered_or_failed)
        self._post(call)
        try:
            answered: AnswerT | Exception = call.result.result(_ASK_SECONDS)
        except (TimeoutError, DependencyUnavailable):
            return None
        if isinstance(answered, Exception):
            raise answered
        return answered

    def call(self, function: Callable[[], Any]) -> Any:
        """What the function returns or raises, however long the loop takes.

        Raises `DependencyUnavailable` if the loop ends meanwhile.
        """
        call = Call(function)
        self._post(call)
        while True:
            try:
                return call.result.result(_LOOK_SECONDS)
            except TimeoutError:
                self.go_on()

    def go_on(self) -> None:
        """Raise `DependencyUnavailable` if the loop has ended."""
        if self.loop_has_ended:
            raise DependencyUnavailable(_ENDED) from None


def answer(call: Call) -> None:
    """Do what the caller wants, in the loop's thread. The exception of a bug ends the loop."""
    try:
        call.result.set_result(call.function())
    except (KafkaException, ChatTasksError) as error:
        call.result.set_exception(error)


def refuse(call: Call) -> None:
    """Tell the caller that the loop has ended."""
    call.result.set_exception(DependencyUnavailable(_ENDED))
