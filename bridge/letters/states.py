"""Which dead letters still wait: the receipts behind them tell."""

from collections import defaultdict
from enum import StrEnum

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.kafka.topics.ids import topic_ids
from bridge.letters.dead_letter import DeadLetter, read_dead_letter
from bridge.records.quarantine_letters import Receipt, Receipts
from bridge.records.replay_receipts import LetterId
from chat_tasks.settings import Settings


class LetterState(StrEnum):
    """What became of a letter.

    - WAITING: nothing yet.
    - REPLAYED: its record was sent again, as it was or edited.
    - RELEASED: its conversation was released, and its message published.
    - STRANDED: it is a quarantined conversation's letter of a log that is gone, which no release publishes.
    """

    WAITING = "waiting"
    REPLAYED = "replayed"
    RELEASED = "released"
    STRANDED = "stranded"

    @property
    def is_settled(self) -> bool:
        """Whether nobody needs the letter any more."""
        return self in {LetterState.REPLAYED, LetterState.RELEASED}


class LetterStates:
    """The states of all dead letters, as of one look through `dead_letter`.

    A command makes one for itself, with `read_states`, and uses it in one thread. A letter that was sent again takes a
    byte of memory for itself and one for each record before it; a released conversation takes its newest receipt. No
    method raises.

    `records` is the number of records that were looked through, receipts too.
    """

    def __init__(self, log_id: str) -> None:
        """Of no letters yet; `log_id` is the current log's."""
        self._log_id = log_id
        self._replayed: dict[int, bytearray] = defaultdict(bytearray)
        self._first: dict[int, int] = {}
        self._receipts: dict[str, Receipts] = defaultdict(lambda: Receipts(log_id))
        self.records = 0

    def take(self, found: DeadLetter | LetterId | Receipt, at: LetterId) -> None:
        """Take what is at this place; the records of a partition in their order."""
        self.records += 1
        self._first.setdefault(at.partition, at.offset)
        if isinstance(found, Receipt):
            self._receipts[found.conversation_key].take(found)
        elif isinstance(found, LetterId) and found.partition == at.partition and found.offset < at.offset:
            replayed, index = self._replayed[at.partition], found.offset - self._first[at.partition]
            # The letter of a receipt may be deleted already.
            if index >= 0:
                replayed.extend(bytes(max(0, index + 1 - len(replayed))))
                replayed[index] = True

    def of(self, letter: DeadLetter) -> LetterState:
        """What became of the letter."""
        if letter.quarantined is not None:
            key, record, log_id = letter.quarantined
            if key in self._receipts and self._receipts[key].cover(log_id, record.offset):
                return LetterState.RELEASED
            return LetterState.STRANDED if log_id not in {None, self._log_id} else LetterState.WAITING
        partition, offset = letter.id
        replayed, index = self._replayed.get(partition, b""), offset - self._first.get(partition, 0)
        return LetterState.REPLAYED if 0 <= index < len(replayed) and replayed[index] else LetterState.WAITING


def read_states(settings: Settings) -> LetterStates:
    """Look through `dead_letter`; blocks. Raises `DependencyUnavailable`, `ConfigurationError`."""
    admin = AdminClient(base_config(settings))
    try:
        states = LetterStates(topic_ids(admin, [settings.log_topic])[settings.log_topic])
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
    for messages in read_dead_letters(settings):
        for message in messages:
            states.take(read_dead_letter(settings, message), LetterId(message.partition(), message.offset()))
    return states
