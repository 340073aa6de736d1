"""Sends dead letters again, each once: its receipt is in the same transaction as its record.

A replay fences every earlier one before it looks for receipts. From then on nobody else writes any, so a letter without
a receipt was not sent again.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config, producer_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error, is_fenced_producer
from bridge.kafka.topics.plans import partition_counts
from bridge.kafka.transaction import Output
from bridge.letters.dead_letter import DeadLetter
from bridge.letters.selection import Selection, select
from bridge.letters.sending_again import record_again
from bridge.letters.states import read_states
from bridge.records.replay_receipts import LetterId, encode_replay_receipt
from chat_tasks.errors import NotReplayed
from chat_tasks.settings import Settings

_LETTERS_AT_ONCE = 100
_BYTES_AT_ONCE = 8_000_000
_ABORT_SECONDS = 5.0


class Place(NamedTuple):
    """The offset of a record in a partition of a topic."""

    topic: str
    partition: int
    offset: int


class Progress(NamedTuple):
    """How far a replay is: so many of about `records` records were looked through, and so many letters sent."""

    looked_through: int
    records: int
    sent: int


class Receipted(NamedTuple):
    """A letter that was sent again, or would be.

    `sent_to` says where its record is now, and `receipt` where its receipt is; both are None after a dry run.
    """

    letter: LetterId
    conversation_key: str | None
    sent_to: Place | None = None
    receipt: LetterId | None = None


class Refused(NamedTuple):
    """A letter that was not sent again, and why."""

    letter: LetterId
    conversation_key: str | None
    reason: str


@dataclass(slots=True)
class Replayed:
    """What a replay did: how many letters it sent, and how many it did not, with the first of these and its reason.

    `before` are the wanted letters that were sent again before.
    """

    sent: int = 0
    before: int = 0
    refused: int = 0
    first_refused: tuple[LetterId, str] | None = None


class ReplaySender:
    """Sends letters again in transactions.

    A command owns the sender and uses it in one thread. All senders of a pipeline have one transactional id: making one
    ends what an earlier one has left open, and the earlier one can commit nothing more.
    """

    def __init__(self, settings: Settings) -> None:
        """Fence every earlier sender; blocks. Raises `DependencyUnavailable`."""
        self._settings = settings
        self._timeout = settings.transaction_timeout
        config = producer_config(settings, settings.ingest_group)
        self._producer = Producer({**config, "transactional.id": f"{settings.dead_letter_topic}.replay"})
        try:
            self._producer.init_transactions(self._timeout * 3)
        except KafkaException as error:
            raise KafkaUnavailable(describe_kafka_error(error, self._producer)) from error

    def send(self, again: Sequence[tuple[DeadLetter, Output]]) -> list[Receipted]:
        """Send these records, with the receipts of their letters: all of them, or none; blocks.

        Raises `NotReplayed` if another sender was made since, and `DependencyUnavailable`: then only Kafka knows
        whether they were sent, and the next sender's receipts tell.
        """
        try:
            self._producer.begin_transaction()
            delivered = [
                (
                    letter,
                    self._produce(record),
                    self._produce(encode_replay_receipt(self._settings, letter.id, letter.key)),
                )
                for letter, record in again
            ]
            # This calls back for each record before it commits.
            self._producer.commit_transaction(self._timeout)
        except BaseException as error:
            # An open transaction would hold up all readers of both topics.
            with suppress(KafkaException):
                self._producer.abort_transaction(_ABORT_SECONDS)
            if isinstance(error, KafkaException):
                raise self._explain(error) from error
            raise
        return [
            Receipted(letter.id, letter.conversation_key, record, LetterId(receipt.partition, receipt.offset))
            for letter, [record], [receipt] in delivered
        ]

    def _produce(self, one: Output) -> list[Place]:
        """Produce a record; the list that is returned gets its place when it is delivered."""
        place: list[Place] = []

        def delivered(error: Any, message: Any) -> None:
            # An error fails the transaction, which tells it.
            if error is None:
                place.append(Place(message.topic(), message.partition(), message.offset()))

        headers: Any = one.headers
        self._producer.produce(one.topic, one.value, one.key, one.partition, headers=headers, on_delivery=delivered)
        return place

    def _explain(self, error: KafkaException) -> Exception:
        if is_fenced_producer(error):
            return NotReplayed(
                f"another replay of {self._settings.dead_letter_topic} has begun, or somebody has stopped this one, "
                "or a transaction took longer than CHAT_TRANSACTION_TIMEOUT: this one ends. Nothing is sent twice: run "
                "it again for what is left"
            )
        reason = describe_kafka_error(error, self._producer)
        return KafkaUnavailable(f"{reason}. Nothing is sent twice: run this again")


def replay_letters(
    settings: Settings,
    wanted: Selection,
    *,
    value: bytes | None = None,
    is_dry_run: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    report: Callable[[Receipted | Refused], None] = lambda _: None,
) -> Replayed:
    """Send the wanted letters again, but not those that were sent before or may not be sent; blocks.

    `value` is what takes the place of the letter's value: then one id should be wanted. A dry run sends nothing, and
    says what would be sent. `report` is told what became of each letter, of one that is sent after its transaction. An
    exception of `progress` ends the replay. Raises `NotReplayed`, `DependencyUnavailable`, `ConfigurationError`; what
    was sent until then is receipted.
    """
    sender = None if is_dry_run else ReplaySender(settings)
    counts = partition_counts(AdminClient(base_config(settings)), [settings.message_topic, settings.request_topic])
    states = read_states(settings)
    done = Replayed()
    batch: list[tuple[DeadLetter, Output]] = []
    looked_through = size = 0

    def send() -> None:
        nonlocal size
        would_be = [Receipted(letter.id, letter.conversation_key) for letter, _ in batch]
        receipted = would_be if sender is None else sender.send(batch)
        done.sent += len(batch)
        for one in receipted:
            report(one)
        batch.clear()
        size = 0
        progress(Progress(looked_through, states.records, done.sent))

    def looked(records: int) -> None:
        nonlocal looked_through
        looked_through += records
        progress(Progress(looked_through, states.records, done.sent))

    for letter, state in select(settings, states, wanted, looked):
        if state.is_settled:
            done.before += 1
            continue
        try:
            record = record_again(letter, state, value, counts, settings)
        except NotReplayed as error:
            done.refused += 1
            done.first_refused = done.first_refused or (letter.id, str(error))
            report(Refused(letter.id, letter.conversation_key, str(error)))
            continue
        batch.append((letter, record))
        size += len(record.value or b"")
        if len(batch) >= _LETTERS_AT_ONCE or size >= _BYTES_AT_ONCE:
            send()
    if batch:
        send()
    return done


def stop_replay(settings: Settings) -> None:
    """End the replay that runs, in whatever process it does; blocks. Raises `DependencyUnavailable`.

    It can commit nothing more, and ends with `NotReplayed`. What was sent until then is receipted.
    """
    ReplaySender(settings)
