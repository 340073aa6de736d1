"""Deletes the dead letters that nobody needs any more. Kafka deletes only what lies below an offset of a partition."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.letters.dead_letter import DeadLetter, read_dead_letter, time_of
from bridge.letters.states import LetterState, LetterStates, read_states
from bridge.records.quarantine_letters import Receipt
from bridge.records.replay_receipts import LetterId
from chat_tasks.settings import Settings

_SECONDS = 30.0


class Doomed(NamedTuple):
    """What goes from one partition of `dead_letter`: everything below the offset `end`.

    `letters` are the numbers of letters that go, by state, and `receipts` that of receipts. `stopper` says what stays
    at `end`, and why; None if everything that was there goes.
    """

    partition: int
    end: int
    letters: dict[LetterState, int]
    receipts: int
    stopper: str | None


@dataclass(slots=True)
class _Partition:
    """One partition as far as it was looked through; `end` is where the first record stays, and `counts` end there."""

    end: int = 0
    stopper: str | None = None
    counts: Counter[LetterState | None] = field(default_factory=Counter)
    # The first receipt of each conversation, with the counts before it.
    receipts: dict[str, tuple[int, Counter[LetterState | None]]] = field(default_factory=dict)


class PurgePlan:
    """Finds how far each partition may be deleted, from one look through `dead_letter`.

    `plan_purge` owns the plan and uses it in one thread. Records of a partition are taken in their order. Invariants:
    no letter goes that still waits, unless it is forced; a receipt of a released conversation goes only together with
    all of its letters, because a letter without its receipt would be published again. The receipt of a letter that was
    sent again lies behind its letter, in the same partition, and needs no care. No method raises.
    """

    def __init__(self, states: LetterStates, before: int | None, *, is_forced: bool) -> None:
        """`before` is in milliseconds since 1970: what was written from then on stays."""
        self._states = states
        self._before = before
        self._is_forced = is_forced
        self._partitions: dict[int, _Partition] = defaultdict(_Partition)
        self._last_letters: dict[str, dict[int, int]] = defaultdict(dict)

    def take(self, found: DeadLetter | LetterId | Receipt, at: LetterId, written_at: int) -> None:
        """Take the record at this place, with the time at which it was written."""
        one = self._partitions[at.partition]
        state = self._states.of(found) if isinstance(found, DeadLetter) else None
        if one.stopper is None:
            one.stopper = self._why_it_stays(at, state, written_at)
            one.end = at.offset + (one.stopper is None)
        if isinstance(found, Receipt):
            one.receipts.setdefault(found.conversation_key, (at.offset, one.counts.copy()))
        elif isinstance(found, DeadLetter) and found.quarantined is not None:
            self._last_letters[found.quarantined.conversation_key][at.partition] = at.offset
        if one.stopper is None:
            one.counts[state] += 1

    def doomed(self) -> list[Doomed]:
        """What may go; called after everything was taken."""
        for number, one in self._partitions.items():
            self._keep_receipts(number, one)
        return [
            Doomed(
                number,
                one.end,
                {state: count for state, count in one.counts.items() if state is not None},
                one.counts[None],
                one.stopper,
            )
            for number, one in sorted(self._partitions.items())
            if one.counts
        ]

    def _why_it_stays(self, at: LetterId, state: LetterState | None, written_at: int) -> str | None:
        if self._before is not None and written_at >= self._before:
            return f"{at} was written {time_of(written_at)}"
        if state is not None and not state.is_settled and not self._is_forced:
            return f"{at} is {state}"
        return None

    def _keep_receipts(self, number: int, one: _Partition) -> None:
        while True:
            needed = [
                (offset, counts)
                for key, (offset, counts) in one.receipts.items()
                if offset < one.end and self._has_letter_after(key, number, one.end)
            ]
            if not needed:
                return
            one.end, one.counts = min(needed, key=lambda receipt: receipt[0])
            one.stopper = f"{LetterId(number, one.end)} is the receipt of letters that stay"

    def _has_letter_after(self, conversation_key: str, number: int, end: int) -> bool:
        """Whether a letter of the conversation stays, or is in another partition and so may stay."""
        return any(
            partition != number or offset >= end
            for partition, offset in self._last_letters.get(conversation_key, {}).items()
        )


def plan_purge(settings: Settings, before: int | None, *, is_forced: bool = False) -> list[Doomed]:
    """What a purge deletes, by partition; blocks.

    `before` is in milliseconds since 1970: what was written from then on stays. If the purge `is_forced`, letters that
    still wait go too. Raises `DependencyUnavailable`, `ConfigurationError`.
    """
    plan = PurgePlan(read_states(settings), before, is_forced=is_forced)
    for messages in read_dead_letters(settings):
        for message in messages:
            _, written_at = message.timestamp()
            at = LetterId(message.partition(), message.offset())
            plan.take(read_dead_letter(settings, message), at, written_at)
    return plan.doomed()


def purge_letters(settings: Settings, doomed: Iterable[Doomed]) -> None:
    """Delete them; blocks. Raises `DependencyUnavailable`: then some of it may be deleted."""
    admin = AdminClient(base_config(settings))
    asked: Sequence[TopicPartition] = [
        TopicPartition(settings.dead_letter_topic, one.partition, one.end) for one in doomed
    ]
    try:
        for future in admin.delete_records(list(asked), request_timeout=_SECONDS).values() if asked else ():
            future.result(_SECONDS)
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
