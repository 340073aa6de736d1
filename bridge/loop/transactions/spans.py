"""The spans of a transaction: of the topics that it writes to, and of its commit."""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from bridge.kafka.transaction import Transaction
from chat_tasks.tracing import messaging
from chat_tasks.tracing.spans import Span, tracer


class TransactionSpans:
    """The spans of one transaction; none if no sender of its outputs works for a sampled trace.

    `TransactionRunner` makes the object for each transaction, uses it in its thread, and drops it. A transaction that
    hangs leaves no span. Kafka's client sends in the background, so `send` has ended when the client has all outputs,
    and `commit` waits for them. No method raises.
    """

    def __init__(self, transaction: Transaction, group: str) -> None:
        """Begin the spans of a transaction in which a member of `group` commits its offsets."""
        self._open: Sequence[Span] = ()
        self._sends: Sequence[Span] = ()
        outputs = transaction.outputs
        parent = tracer().below_senders(output.headers for output in outputs)
        if parent is None:
            return
        count, groups = len(outputs), {messaging.GROUP: group}
        if (source := transaction.source) is not None:
            process = parent.begin(messaging.process(messaging.KAFKA, source.topic, count, groups), source.since)
            self._open, parent = [process], process
        self._parent = parent
        self._commit = messaging.commit(messaging.KAFKA, count, groups)
        topics = Counter(output.topic for output in outputs)
        self._sends = [parent.begin(messaging.send(messaging.KAFKA, topic, sent)) for topic, sent in topics.items()]

    def sent(self) -> None:
        """Kafka's client has all outputs."""
        if not self._sends:
            return
        for span in self._sends:
            span.end()
        self._open = [self._parent.begin(self._commit), *self._open]
        self._sends = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """The transaction is committed, or has failed."""
        for span in (*self._sends, *self._open):
            if error is not None:
                span.fail(error)
            span.end()
