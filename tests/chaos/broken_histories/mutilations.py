"""One thing made wrong in a history that was correct: what a broken pipeline would leave behind."""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from tests.chaos.broken_histories.perfect_pipeline import BUSY
from tests.chaos.checker.anomaly import Kind
from tests.chaos.history import History, Output, Row, Sent

Mutilation = Callable[[History], None]

FAR = 10**6
"""An offset, and a time, behind all others."""


@dataclass(frozen=True, slots=True)
class Mutilations:
    """Functions that make one thing wrong, each with exactly the kinds of anomaly that must be reported."""

    cases: list[tuple[Mutilation, frozenset[Kind]]] = field(default_factory=list)

    def reported_as(self, *kinds: Kind) -> Callable[[Mutilation], Mutilation]:
        """Add the decorated function."""

        def add(mutilation: Mutilation) -> Mutilation:
            self.cases.append((mutilation, frozenset(kinds)))
            return mutilation

        return add


def outputs_of(history: History) -> list[Output]:
    """The outputs of the busy conversation, at least three."""
    return [output for output in history.outputs if output.conversation == BUSY]


def publish(history: History, sequence: int, body: str, *, is_sent: bool, has_row: bool = True) -> None:
    """Add an output of the busy conversation, with its row and its record if asked for."""
    value = {
        "conversationKey": BUSY,
        "sender": "ann",
        "recipients": ["bob"],
        "conversationMsgSeq": sequence,
        "body": body,
    }
    partition = outputs_of(history)[0].partition
    history.outputs.append(Output(partition, FAR, BUSY, sequence, body, orjson.dumps(value), FAR))
    if has_row:
        history.rows.append(Row(BUSY, sequence, "ann", ("bob",), body))
    if is_sent:
        history.sent.append(Sent(0, FAR, BUSY, body, FAR))
