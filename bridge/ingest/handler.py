"""Validates input records: a valid one goes to the log under its conversation's key, all others to `dead_letter`."""

import logging
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from bridge.kafka.assignment import Assignment
from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.headers import headers_of, sent_time, size_of_headers
from bridge.kafka.transaction import (
    LARGEST_TRANSACTION,
    OUTPUTS_PER_TRANSACTION,
    CommittedOffset,
    Output,
    Partition,
    Transaction,
)
from bridge.loop.handler import LoopHandler
from bridge.records.dead_letters import check_not_letter, dead_letter_of, dead_letter_of_unreadable
from bridge.records.log_record import encode_logged_value
from bridge.records.validation import check_total, validate_message
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)


class Ingest(LoopHandler):
    """The handler of the ingest loop.

    The `Loop` owns the handler and calls it in the loop's thread. The only state is the list of outputs that wait for a
    transaction, in the order of consumption. Invariant: an input's offset is committed in the transaction that holds
    its output. All outputs are dropped when the assignment ends, and their inputs are consumed again. An invalid record
    raises nothing: it becomes a dead letter.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__([settings.message_topic], settings.ingest_group)
        self._settings = settings
        self._outputs: list[tuple[Output, Partition, int]] = []
        self._bytes = 0
        self._ends: dict[Partition, int] = {}
        self._assigned: dict[tuple[str, int], Partition] = {}
        self._is_full = False

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
            logger.error("passed over: %s", records)
            letter = dead_letter_of_unreadable(records, self._settings)
            self._outputs.append((letter, records.partition, records.end - 1))

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
        return Transaction([output for output, _, _ in taken], self._commits(next_offsets), size)

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
            # Releasing its conversation publishes such a letter under its own number. Here it would get another one.
            check_not_letter(settings.log_topic, headers)
            valid = validate_message(message.value(), settings)
            # The size counts the canonical bytes: the input topic's own limit counts compressed bytes.
            size = len(valid.key) + len(valid.value) + size_of_headers(headers)
            check_total("record", size, settings.max_record_bytes)
        except InvalidRecord as error:
            return dead_letter_of(message, error, settings)
        return Output(
            settings.log_topic,
            partition_of(valid.key, settings.log_partitions),
            valid.key,
            encode_logged_value(sent_time(message), valid.value),
            headers,
        )
