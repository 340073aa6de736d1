"""How many dead letters wait, and since when: follows `dead_letter`, from its beginning on."""

import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.reading.topic_reader import TopicReader
from bridge.kafka.topics.ids import topic_ids
from bridge.letters.dead_letter import read_dead_letter
from bridge.letters.waiting import Waiting, WaitingLetters
from bridge.records.replay_receipts import LetterId
from chat_tasks.settings import Settings

_PATIENCE_SECONDS = 10.0


class Letters:
    """Asks Kafka for what has come into `dead_letter`. A source owns it and calls it in its thread.

    The first call reads the whole topic; each further one what is new. After a failure a call goes on from there. If a
    topic was made anew, everything is read anew.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AdminClient(base_config(settings))
        self._log_id = ""
        self._reader: TopicReader | None = None
        self._letters = WaitingLetters("")

    def __call__(self) -> Waiting:
        """The letters that wait now. Raises `DependencyUnavailable`, `ConfigurationError`."""
        reader = self._reader_of_today()
        bounds = reader.bounds()
        if any(reader.reached(partition) > bound.end for partition, bound in bounds.items()):
            self.close()
            raise KafkaUnavailable(f"Kafka: {self._settings.dead_letter_topic} was made anew")
        last_news = time.monotonic()
        while any(reader.reached(partition) < bound.end for partition, bound in bounds.items()):
            if messages := reader.poll(0.1):
                last_news = time.monotonic()
            elif time.monotonic() - last_news > _PATIENCE_SECONDS:
                raise KafkaUnavailable(f"Kafka: it does not deliver {self._settings.dead_letter_topic}")
            for message in messages:
                at = LetterId(message.partition(), message.offset())
                self._letters.take(read_dead_letter(self._settings, message), at)
        for partition, bound in bounds.items():
            self._letters.deleted(partition.number, bound.low)
        return self._letters.waiting()

    def close(self) -> None:
        """Forget everything."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _reader_of_today(self) -> TopicReader:
        """The reader of the topic. A letter of another log waits for nothing, so a new log begins anew."""
        log = self._settings.log_topic
        try:
            log_id = topic_ids(self._admin, [log])[log]
        except KafkaException as error:
            raise KafkaUnavailable(describe_kafka_error(error, self._admin)) from error
        if log_id != self._log_id:
            self.close()
        if self._reader is None:
            self._reader = TopicReader(self._settings, [self._settings.dead_letter_topic], from_beginning=True)
            self._log_id, self._letters = log_id, WaitingLetters(log_id)
        return self._reader
