"""What the loops of a process count; `chat_tasks/metrics/definitions.py` has the names."""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum

from bridge.kafka.errors import SessionOver, is_counted_out, is_fenced_member, is_fenced_producer
from bridge.kafka.transaction import Output
from bridge.loop.measuring.transaction_durations import TransactionDurations
from chat_tasks.errors import LoopStalled
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Sample


class StartReason(StrEnum):
    """Why a loop was begun.

    - START: the process has started.
    - SERVER: a server failed, or what it said did not fit.
    - STALLED: work waited, the servers answered, and nothing got done.
    - SESSION: the group counted this member out, or gave it nothing for a minute.
    - FENCED: another consumer or producer took this one's place, or the broker aborted a slow transaction.
    - BUG: the loop ended with an exception that nobody meant.
    """

    START = "start"
    SERVER = "server"
    STALLED = "stalled"
    SESSION = "session"
    FENCED = "fenced"
    BUG = "bug"


def start_reason(error: Exception) -> StartReason:
    """Why the next loop begins, after this error has ended the one before."""
    if isinstance(error, LoopStalled):
        return StartReason.STALLED
    if isinstance(error, SessionOver) or is_counted_out(error):
        return StartReason.SESSION
    return StartReason.FENCED if is_fenced_member(error) or is_fenced_producer(error) else StartReason.SERVER


class LoopMeasurements:
    """What the loops of one process have counted.

    The process of a bridge owns it, and it outlives the loops, as a counter must. `consumed` and `rebalances` are
    counted in the poller's thread, `starts` by the supervisor, all else in the loop's thread; the thread that answers a
    Prometheus server reads. No method raises.
    """

    def __init__(self) -> None:
        self.starts: dict[str, int] = dict.fromkeys(StartReason, 0)
        self.rebalances = 0
        self.durations = TransactionDurations()
        self._consumed_records: Counter[str] = Counter()
        self._consumed_bytes: Counter[str] = Counter()
        self._published: Counter[str] = Counter()
        self._transactions = {"committed": 0, "failed": 0}

    def consumed(self, topic: str, records: int, size: int) -> None:
        """Count records that were delivered; their values have `size` bytes."""
        self._consumed_records[topic] += records
        self._consumed_bytes[topic] += size

    def committed(self, outputs: Sequence[Output]) -> None:
        """Count a transaction with these outputs."""
        self._transactions["committed"] += 1
        # There are one or two topics, and for so few this takes a third of the time of `Counter.update`.
        topics = [output.topic for output in outputs]
        for topic in set(topics):
            self._published[topic] += topics.count(topic)

    def failed(self) -> None:
        """Count a transaction that was not committed, or of which nobody knows."""
        self._transactions["failed"] += 1

    def published(self, topic: str) -> int:
        """The number of records that were published to a topic."""
        return self._published[topic]

    def samples(self) -> Iterator[Sample]:
        """What was counted."""
        yield from definitions.LOOP_STARTS.samples(self.starts)
        yield definitions.REBALANCES.sample(self.rebalances)
        yield from definitions.CONSUMED_RECORDS.samples(self._consumed_records)
        yield from definitions.CONSUMED_BYTES.samples(self._consumed_bytes)
        yield from definitions.PUBLISHED_RECORDS.samples(self._published)
        yield from definitions.TRANSACTIONS.samples(self._transactions)
        yield from self.durations.samples()
