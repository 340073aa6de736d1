"""Appends something to a partition that no reader of committed records sees.

Kafka closes a file of a partition only when something is appended to it, and deletes closed files only. A partition
that nobody writes to keeps what was purged on its disk (docs/decisions/0058-what-makes-a-text-leave-the-disk.md).
"""

from confluent_kafka import KafkaException, Producer

from bridge.kafka.clients import producer_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

_SECONDS = 30.0


def append_aborted_record(settings: Settings, partition: Partition) -> None:
    """Append one record to the partition, and abort its transaction; blocks. Raises `DependencyUnavailable`."""
    # The prefix is ingest's, which is allowed to write to the log.
    name = f"{settings.ingest_group}.erase-{partition.number}"
    producer = Producer({**producer_config(settings, settings.ingest_group), "transactional.id": name})
    try:
        producer.init_transactions(_SECONDS)
        producer.begin_transaction()
        producer.produce(partition.topic, b"", partition=partition.number)
        # An abort drops what was not sent yet, and nothing would be appended.
        producer.flush(_SECONDS)
        producer.abort_transaction(_SECONDS)
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error, producer)) from error
