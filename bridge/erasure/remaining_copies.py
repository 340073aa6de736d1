"""Where copies of an erased message stay, and until when: what `chat-tasks erase` reports."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import orjson
from confluent_kafka.admin import AdminClient

from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.kafka.reading.offsets import first_offsets_after
from bridge.kafka.topics.configs import read_broker_config, read_topic_configs
from bridge.kafka.topics.lifetimes import deletion_milliseconds, longest_stay
from bridge.kafka.transaction import Partition
from bridge.letters.dead_letter import DeadLetter, read_dead_letter
from bridge.letters.states import LetterState, read_states
from chat_tasks.settings import Settings

_FROM_RELEASE = "this command again, after the release of the quarantined conversation: that publishes its dead letters"
_FROM_COMPACTION = "`nodetool flush` and `nodetool compact` of the table, on every node"


class Copy(NamedTuple):
    """A place with copies; `until` is the time at which the last one has left the disk, None if nobody knows.

    `remedy` says what makes them go, and is empty if time alone does.
    """

    place: str
    until: datetime | None
    remedy: str


class Wanted(NamedTuple):
    """Whose copies are looked for: a conversation's, and only the sender's if one is given."""

    conversation_key: str
    sender: str | None


class ClearedLog(NamedTuple):
    """What became of the messages' records in the log.

    They are `purged` if no consumer can read them. Their file `is_closed` if nothing more is appended to it; else the
    first record after the time `closes_at` closes it. At `purged_at` all its records are purged. The times are seconds
    since 1970.
    """

    purged: bool
    is_closed: bool
    closes_at: float = 0.0
    purged_at: float = 0.0


def remaining_copies(
    settings: Settings, admin: AdminClient, wanted: Wanted, last: float, log: ClearedLog
) -> list[Copy]:
    """Every place with copies; no record with a text is younger than `last`, in seconds since 1970.

    Reads all of `dead_letter` twice; blocks. Raises `DependencyUnavailable`, `ConfigurationError`.
    """
    names = [settings.message_topic, settings.log_topic, settings.output_topic, settings.block_topic]
    topics = dict(zip(names, read_topic_configs(admin, names), strict=True))
    broker = read_broker_config(admin)
    letters = _letters(settings, wanted)

    def by_retention(topic: str) -> Copy:
        stay = longest_stay(topics[topic], broker)
        never = "" if stay is not None else "its retention: Kafka keeps it for ever"
        if letters.is_kept_aside and topic in {settings.output_topic, settings.block_topic}:
            return Copy(topic, None, never or _FROM_RELEASE)
        if topic == settings.output_topic and not log.purged:
            # What is not purged may not be published yet.
            return Copy(topic, None, never or "run this again when the log is purged")
        return Copy(topic, None if stay is None else _time(last + stay), never)

    return [
        by_retention(settings.message_topic),
        _of_log(settings.log_topic, log, deletion_milliseconds(topics[settings.log_topic], broker) / 1000),
        by_retention(settings.output_topic),
        by_retention(settings.block_topic),
        *_of_letters(settings, admin, broker, letters.newest),
        Copy(f"{settings.cassandra_keyspace}.messages", None, _FROM_COMPACTION),
    ]


def _of_log(topic: str, log: ClearedLog, deletion_seconds: float) -> Copy:
    if not log.purged:
        return Copy(topic, None, "dispatch purges it while all Cassandra nodes answer: run this again then")
    if not log.is_closed:
        return Copy(
            topic, None, f"a record of any message to this partition, or this command, after {_time(log.closes_at)}"
        )
    return Copy(topic, _time(log.purged_at + deletion_seconds), "")


class _Letters(NamedTuple):
    """The time of the newest letter by partition, and whether one waits for the release of its conversation."""

    newest: Mapping[Partition, int]
    is_kept_aside: bool


def _letters(settings: Settings, wanted: Wanted) -> _Letters:
    """The dead letters that hold the key, and the sender's name if one is given."""
    states = read_states(settings)
    newest: dict[Partition, int] = {}
    is_wanted, is_kept_aside = _mentions(wanted), False
    for messages in read_dead_letters(settings):
        for message in messages:
            if is_wanted(message.key() or b"", message.value() or b""):
                partition = Partition(message.topic(), message.partition())
                newest[partition] = max(newest.get(partition, 0), message.timestamp()[1])
                letter = read_dead_letter(settings, message)
                is_kept_aside = is_kept_aside or (
                    isinstance(letter, DeadLetter)
                    and letter.quarantined is not None
                    and states.of(letter) is LetterState.WAITING
                )
    return _Letters(newest, is_kept_aside)


def _of_letters(
    settings: Settings, admin: AdminClient, broker: Mapping[str, str], newest: Mapping[Partition, int]
) -> list[Copy]:
    if not newest:
        return []
    [topic] = read_topic_configs(admin, [settings.dead_letter_topic])
    stay = longest_stay(topic, broker)
    if stay is not None:
        return [Copy(f"{topic}[{number}]", _time(last / 1000 + stay), "") for (topic, number), last in newest.items()]
    # A file leaves the disk whole: when its last letter is purged, which is at most so much younger.
    youngest = {partition: last + int(topic["segment.ms"]) for partition, last in newest.items()}
    offsets = first_offsets_after(admin, youngest)
    return [
        Copy(f"{topic}[{number}]", None, f"a purge of the letters before offset {offsets[Partition(topic, number)]}")
        for topic, number in newest
    ]


def _mentions(wanted: Wanted) -> Callable[[bytes, bytes], bool]:
    """Whether a record with this key and value may be a message of the conversation and the sender.

    An invalid record may be of any form, so its bytes are searched, as UTF-8 and as JSON without other characters than
    ASCII.
    """

    def spellings(text: str) -> tuple[bytes, ...]:
        return text.encode(), orjson.dumps(text)[1:-1], ascii(text)[1:-1].encode()

    keys, names = spellings(wanted.conversation_key), spellings(wanted.sender or "")

    def is_wanted(key: bytes, value: bytes) -> bool:
        return (key == keys[0] or any(one in value for one in keys)) and (
            not value or any(one in value for one in names)
        )

    return is_wanted


def _time(seconds: float) -> datetime:
    # Rounded up: a time that is named too early would be a false promise.
    return datetime.fromtimestamp(int(seconds) + 1, UTC)
