"""What waits for somebody: open transactions of others, quarantined conversations, dead letters."""

import time
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaException, TopicPartition

from bridge.commands.doctor.finding import Answer, failure, ok, warning
from bridge.commands.doctor.servers import Servers
from bridge.kafka.clients import reader_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.reading.open_transactions import open_transactions
from bridge.kafka.topics.plans import partition_counts, plan_topics
from chat_tasks.storage.quarantine import QuarantineTable
from chat_tasks.storage.session import failures_as_unavailable

_SECONDS = 10.0
_RECENT_SECONDS = 3600


def transactions(servers: Servers) -> Iterator[Answer]:
    """Transactions that hold readers of any of the topics up."""
    plans = plan_topics(servers.settings)
    there = partition_counts(servers.admin, [plan.name for plan in plans])
    found = list(open_transactions(servers.settings, list(there)))
    for one in found:
        topic, number = one.partition
        yield failure(
            str(one),
            f"`kafka-transactions.sh describe-producers --topic {topic} --partition {number}` names the producer, "
            "`abort` ends its transaction",
        )
    if not found:
        yield ok("no transaction is open for more than ten seconds")


def quarantine(servers: Servers) -> Iterator[Answer]:
    """Quarantined conversations."""
    settings = servers.settings
    with failures_as_unavailable():
        table = QuarantineTable(servers.session, settings.cassandra_keyspace, settings.log_partitions)
        found = table.of_partitions(range(settings.log_partitions))
    if found:
        asked = sum(one.release_requested is not None for one in found)
        yield warning(
            f"{len(found)} conversations are quarantined, of {asked} the release is requested",
            "`chat-tasks quarantine show` has the reasons; mend the rows, then `chat-tasks quarantine release`",
        )
    else:
        yield ok("no conversation is quarantined")


def dead_letters(servers: Servers) -> Iterator[Answer]:
    """The records of `dead_letter` of the last hour. Markers of transactions count too."""
    settings, topic = servers.settings, servers.settings.dead_letter_topic
    since = int((time.time() - _RECENT_SECONDS) * 1000)
    reader = Consumer(reader_config(settings, "doctor"))
    recent = total = 0
    try:
        numbers = range(partition_counts(servers.admin, [topic]).get(topic, 0))
        starts = reader.offsets_for_times([TopicPartition(topic, one, since) for one in numbers], timeout=_SECONDS)
        for start in starts:
            low, high = reader.get_watermark_offsets(TopicPartition(topic, start.partition), timeout=_SECONDS)
            total += high - low
            recent += high - start.offset if start.offset >= 0 else 0
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error)) from error
    finally:
        reader.close()
    if recent:
        yield warning(
            f"{recent} offsets of {topic} were taken within the last hour, {total} in all",
            "`chat-tasks letters list` has the reasons, `chat-tasks letters replay` sends them again",
        )
    else:
        yield ok(f"none within the last hour, {total} offsets in all")
