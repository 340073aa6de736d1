"""Validates input records: a valid one goes to the log under its conversation's key, all others to `dead_letter`."""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from bridge.kafka.assignment import Assignment
from bridge.kafka.errors import UnreadableRecords, where
from bridge.kafka.headers import headers_of, sent_time
from bridge.kafka.transaction import (
    LARGEST_TRANSACTION,
    OUTPUTS_PER_TRANSACTION,
    CommittedOffset,
    Output,
    Partition,
    Source,
    Transaction,
)
from bridge.loop.handler import LoopHandler, Unfinished
from bridge.loop.transactions.pacing import Pace
from bridge.records.acceptance import accept_message
from bridge.records.dead_letter_counts import DeadLetterCounts
from bridge.records.dead_letters import dead_letter_of, dead_letter_of_unreadable, say_dead_letters
from bridge.records.log_record import encode_logged_value
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import InvalidRecord
from chat_tasks.log_rate.tally import Tally
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_BUSY_SECONDS = 0.025


class Ingest(LoopHandler):
    """The handler of the ingest loop.

    The `Loop` owns the handler and calls it in the loop's thread. The only state is the list of outputs that wait for a
    transaction, in the order of consumption. Invariant: an input's offset is committed in the transaction that holds
    its output. All outputs are dropped when the assignment ends, and their inputs are consumed again. An invalid record
    raises nothing: it becomes a dead letter.
    """

    def __init__(self, settings: Settings, dead_letters: DeadLetterCounts) -> None:
        """Make a handler that owns nothing yet; `dead_letters` outlive it."""
        super().__init__([settings.message_topic], settings.ingest_group)
        # Dispatch publishes in the portions that ingest makes, so only ingest waits for more.
        self.pace = Pace(_BUSY_SECONDS)
        self._settings = settings
        self._dead_letters = dead_letters
        self._outputs: list[tuple[Output, Partition, int]] = []
        self._since = 0
        self._bytes = 0
        self._ends: dict[Partition, int] = {}
        self._assigned: dict[tuple[str, int], Partition] = {}
        self._is_full = False
        self._letters = Tally()

    def assigned(self, assignment: Assignment, prepared: None) -> Mapping[Partition, int]:  # noqa: ARG002
        """Start at the offsets that the group has committed."""
        self._forget()
        self._assigned = {partition: partition for partition in assignment.partitions}
        return {partition: committed.offset for partition, committed in assignment.partitions.items()}

    def revoked(self) -> None:
        """Forget what was not committed."""
        self._forget()

    def _forget(self) -> None:
        self._outputs = []
        self._bytes = 0
        self._ends = {}
        self._assigned = {}

    def records(self, messages: Sequence[Any]) -> None:
        """Make an output of each message."""
        if not self._outputs:
            self._since = time.time_ns()
        for message in messages:
            partition = self._assigned.get((message.topic(), message.partition()))
            # The poller may have posted this message just before the partition was revoked.
            if partition is not None:
                output = self._output(message)
                self._outputs.append((output, partition, message.offset()))
                self._bytes += len(output.value or b"")

    def unreadable(self, records: UnreadableRecords) -> None:
        """Make one dead letter of the records, and log it."""
        if records.partition in self._assigned:
            logger.error("passed over: %s", records, extra={"event": "records_passed_over", **where(records)})
            letter = dead_letter_of_unreadable(records, self._settings)
            self._outputs.append((letter, records.partition, records.end - 1))

    def tick(self, now: float) -> float:
        """Log why records became dead letters: one line a minute and reason."""
        say_dead_letters(self._letters, self._settings.message_topic, now)
        return super().tick(now)

    def end_reached(self, partition: Partition, offset: int) -> None:
        """Take note that every record of the partition before `offset` was delivered."""
        if partition in self._assigned:
            self._ends[partition] = offset

    def next_transaction(self, most_bytes: int = LARGEST_TRANSACTION) -> Transaction | None:
        """The oldest outputs that wait, up to a limit, and the offsets of their inputs."""
        if not self._outputs:
            return None
        count = size = 0
        for output, _, _ in islice(self._outputs, OUTPUTS_PER_TRANSACTION):
            longer = size + len(output.value or b"")
            if longer > most_bytes and count:
                break
            count, size = count + 1, longer
        taken, self._outputs = self._outputs[:count], self._outputs[count:]
        self._bytes -= size
        next_offsets = {partition: offset + 1 for _, partition, offset in taken}
        outputs = [output for output, _, _ in taken]
        source = Source(self._settings.message_topic, self._since)
        return Transaction(outputs, self._commits(next_offsets), size, source)

    def at_rest(self) -> Sequence[CommittedOffset]:
        """The commits that move offsets behind the markers of the senders' transactions."""
        return self._commits({})

    def _commits(self, next_offsets: Mapping[Partition, int]) -> Sequence[CommittedOffset]:
        """Commits of these offsets, and of the partitions' ends if no output waits. An end is committed once."""
        # An end that a later record has passed would move its offset back.
        self._ends = {one: end for one, end in self._ends.items() if end > next_offsets.get(one, 0)}
        if not self._outputs:
            next_offsets, self._ends = {**next_offsets, **self._ends}, {}
        return [CommittedOffset(partition, offset) for partition, offset in next_offsets.items()]

    def committed(self, transaction: Transaction) -> None:
        """Count the dead letters."""
        self._dead_letters.published(transaction.outputs)

    def unfinished(self) -> Mapping[Partition, Unfinished]:
        """What waits for a transaction."""
        counts = Counter(partition for _, partition, _ in self._outputs)
        # The newest first, so that the oldest stays.
        firsts = {partition: offset for _, partition, offset in reversed(self._outputs)}
        return {one: Unfinished(counts[one], firsts.get(one, 0)) for one in self._assigned.values()}

    def paused(self) -> Mapping[str, int]:
        """All partitions while too much waits, else none."""
        return {"in_flight": len(self._assigned) if self._is_full else 0}

    def full(self) -> set[Partition]:
        """All partitions while too much waits, else none."""
        bound = self._settings
        share = max(len(self._outputs) / bound.records_in_flight, self._bytes / bound.bytes_in_flight)
        # Resuming costs a new fetch, so a pause ends only when half of the backlog is gone.
        self._is_full = share >= 1 or (self._is_full and share > 0.5)
        return set(self._assigned.values()) if self._is_full else set()

    def has_work(self) -> bool:
        """Whether an output waits."""
        return bool(self._outputs)

    def is_drained(self) -> bool:
        """Whether no output waits."""
        return not self._outputs

    def _output(self, message: Any) -> Output:
        settings = self._settings
        try:
            headers = headers_of(message)
            valid = accept_message(message.value(), headers, settings)
        except InvalidRecord as error:
            self._letters.add(str(error))
            return dead_letter_of(message, error, settings)
        return Output(
            settings.log_topic,
            partition_of(valid.key, settings.log_partitions),
            valid.key,
            encode_logged_value(sent_time(message), valid.value),
            headers,
        )
