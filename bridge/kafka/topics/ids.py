"""Which topics a group's offsets are positions in: a topic that is made anew has its old name and another id."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from bridge.kafka.connection.denials import naming_denials
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings

_SECONDS = 15.0
_FIRST_TRY_SECONDS = 1.0


class KnownTopic(NamedTuple):
    """A topic as `init` knew it when it set the offsets: its id, and how many partitions got an offset then.

    A partition that was added later holds nothing that was sent before, and starts at 0 without `init`.
    """

    id: str
    partitions: int


class TopicIds:
    """Confirms that topics still are those in which a group's offsets are positions.

    The `Loop` owns it, and drops it with itself. The poller's thread asks at each assignment, the runner's thread
    within each transaction; no transaction runs during an assignment. An id never comes back: if it is the same now,
    then every record that was delivered before came from that very topic.
    """

    def __init__(self, settings: Settings, known: Mapping[str, KnownTopic]) -> None:
        self._admin = AdminClient(base_config(settings))
        self._known = {topic: one.id for topic, one in known.items()}
        self._patience = settings.transaction_timeout

    def check(self) -> None:
        """Ask, and wait for the answer.

        Raises `ConfigurationError` if a topic was made anew, `Denied`, `KafkaException` if it is missing or nobody
        answers.
        """
        self.ask()()

    def ask(self) -> Callable[[], None]:
        """Ask, and return at once; the returned function waits for the answer, and raises as `check` does."""
        answers = _ask(self._admin, self._known, _FIRST_TRY_SECONDS)
        return lambda: self._confirm(answers)

    def _confirm(self, answers: "Mapping[str, Future[Any]]") -> None:
        found = self._wait(answers)
        anew = [topic for topic, known in self._known.items() if found[topic] != known]
        if anew:
            raise made_anew(anew)

    def _wait(self, answers: "Mapping[str, Future[Any]]") -> dict[str, str]:
        deadline = time.monotonic() + self._patience
        seconds = _FIRST_TRY_SECONDS
        while True:
            try:
                return _ids_of(answers)
            except KafkaException as error:
                is_missing = error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
                if is_missing or time.monotonic() > deadline:
                    raise
            # A client whose broker is gone looks for another one only after seconds. Listing topics finds one.
            with suppress(KafkaException):
                self._admin.list_topics(timeout=seconds)
            seconds *= 2
            answers = _ask(self._admin, self._known, seconds)


def topic_ids(admin: AdminClient, topics: Iterable[str]) -> dict[str, str]:
    """Kafka's own id of each topic, as a UUID.

    Raises `KafkaException`, `Denied`, `ConfigurationError` if the broker has none.
    """
    return _ids_of(_ask(admin, topics, _SECONDS))


def made_anew(topics: Iterable[str]) -> ConfigurationError:
    """The error to raise if the group's offsets are positions in topics that are gone."""
    return ConfigurationError(
        f"{', '.join(topics)} was made anew, and its offsets say nothing of what it holds now. "
        "`chat-tasks init --reset-offsets` begins with its first record"
    )


def topic_id_name(topic: str) -> str:
    """The stored setting with the id of the topic for which `init` has set offsets."""
    return f"topic_id.{topic}"


def known_partitions_name(topic: str) -> str:
    """The stored setting with the number of partitions that had a starting offset when `init` stored the topic's id."""
    return f"known_partitions.{topic}"


def known_topics(stored: Mapping[str, str], topics: Iterable[str]) -> dict[str, KnownTopic]:
    """The topics as `init` knew them. Raises `ConfigurationError` if no `init` of this version was run."""
    topics = list(topics)
    missing = [topic for topic in topics if topic_id_name(topic) not in stored]
    if missing:
        raise ConfigurationError(
            f"`chat-tasks init` has not set the offsets of {', '.join(missing)}: stop all bridges, and run it once"
        )
    return {
        topic: KnownTopic(stored[topic_id_name(topic)], int(stored[known_partitions_name(topic)])) for topic in topics
    }


def _ask(admin: AdminClient, topics: Iterable[str], seconds: float) -> "dict[str, Future[Any]]":
    return admin.describe_topics(TopicCollection(list(topics)), request_timeout=seconds)


def _ids_of(answers: "Mapping[str, Future[Any]]") -> dict[str, str]:
    found: dict[str, str] = {}
    for topic, answer in answers.items():
        with naming_denials(f"DESCRIBE of topic {topic}"):
            identity = answer.result().topic_id
        if identity is None:
            raise ConfigurationError(f"the broker gives no id for {topic}: Kafka 3.1 or later is needed")
        high, low = identity.get_most_significant_bits(), identity.get_least_significant_bits()
        found[topic] = str(UUID(int=high % 2**64 << 64 | low % 2**64))
    return found
