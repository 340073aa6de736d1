"""Finds where a batch of records ends that the client cannot read, so that everything after the batch can be read.

Such a batch unpacks to more bytes than the client takes, or is corrupt. The client reports the same error at each fetch
from any offset inside the batch. The error names the batch's first offset, and nothing names its last one.
"""

from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from bridge.kafka.errors import UnreadableRecords, describe_kafka_error, is_offset_gone, is_unreadable, raise_error
from bridge.kafka.groups import OFFSET_SECONDS
from bridge.kafka.transaction import Partition


class EndSearch:
    """The search for the end of one batch: steps that double, then halves.

    This is unbounded searching (J. Bentley, A. Yao, "An almost optimal algorithm for unbounded searching", Information
    Processing Letters 5(3), 1976). Invariant: the offset `_inside` is in the batch, and `_outside` is not. So a
    readable record right behind the batch is never passed over, and neither is another batch.
    """

    def __init__(self, first: int, outside: int) -> None:
        """Begin with a batch's first offset, and any offset past the batch."""
        self.first = self._inside = first
        self._outside = outside
        self._step = 1

    @property
    def end(self) -> int | None:
        """The offset after the batch; None if it is not found yet."""
        return self._outside if self._outside - self._inside == 1 else None

    @property
    def probe(self) -> int:
        """The offset to fetch from next; the end if that is found."""
        return self.end or min(self._inside + self._step, (self._inside + self._outside) // 2)

    def probed(self, batch: int | None) -> None:
        """Take the answer to a fetch from `probe`: the first offset of an unreadable batch, or None for all else."""
        if batch is not None and batch <= self.first:
            self._inside, self._step = self.probe, 2 * self._step
        else:
            self._outside = self.probe


class UnreadableBatches:
    """The partitions of a consumer that are at an unreadable batch, each with its search.

    `Poller` owns the object, uses it in its thread, and sets the consumer to the offsets that `positions` returns.
    Invariant: of such a partition nothing is delivered until the end of its batch is found, and `UnreadableRecords`
    posted. All other partitions go on. Raises `KafkaException`.
    """

    def __init__(self, consumer: Consumer, group: str, post: Callable[[object], None]) -> None:
        self._consumer = consumer
        self._group = group
        self._post = post
        self._searches: dict[Partition, EndSearch] = {}
        self._reasons: dict[Partition, str] = {}
        self._answered: set[Partition] = set()

    def __bool__(self) -> bool:
        """Whether any end is searched."""
        return bool(self._searches)

    def begin(self, error: Any) -> None:
        """Begin a search, with the error that the client delivered in place of a message."""
        partition = Partition(error.topic(), error.partition())
        _, past = self._consumer.get_watermark_offsets(TopicPartition(*partition), timeout=OFFSET_SECONDS)
        self._searches[partition] = EndSearch(error.offset(), max(past, error.offset() + 1))
        self._reasons[partition] = describe_kafka_error(error.error())
        self._answered.add(partition)

    def sift(self, messages: Sequence[Any]) -> list[Any]:
        """Take the answers of partitions that are searched out of these messages; returns the messages of others."""
        others: list[Any] = []
        for message in messages:
            partition = Partition(message.topic(), message.partition())
            if (search := self._searches.get(partition)) is None:
                others.append(message)
            elif partition not in self._answered:
                self._answered.add(partition)
                error = message.error()
                # After a wrong checksum the client reads on at an offset that it made up, and finds that it is gone.
                if error is None or not is_offset_gone(error):
                    raise_error(message, {}, self._group)
                    search.probed(message.offset() if is_unreadable(error) else None)
        return others

    def positions(self) -> dict[Partition, int]:
        """The offsets from which to go on, of partitions with news; posts what is found."""
        news = {partition: self._searches[partition] for partition in self._answered}
        self._answered.clear()
        for partition, search in news.items():
            if search.end is not None:
                del self._searches[partition]
                self._post(UnreadableRecords(partition, search.first, search.end, self._reasons.pop(partition)))
        return {partition: search.probe for partition, search in news.items()}

    def clear(self) -> None:
        """Forget all searches: the assignment is over, or begins anew."""
        self._searches.clear()
        self._answered.clear()
