"""How far the servers' clocks are from ours.

Locks, ages and `chat.sent_at` come from the clocks of different machines. No promise depends on them, but what people
read does, and a lock of an assignment that seems old is taken over.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaException, TopicPartition

from bridge.commands.doctor.finding import Answer, ok, warning
from bridge.commands.doctor.servers import Servers
from bridge.kafka.clients import reader_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from chat_tasks.storage.session import failures_as_unavailable

_TOLERATED_SECONDS = 1.0
_SECONDS = 5.0
_REMEDY = "keep all machines' clocks in step, by chrony or another NTP client"


def clock_of_cassandra(servers: Servers) -> Iterator[Answer]:
    """Compare Cassandra's clock with ours."""

    def now() -> float:
        row = servers.session.execute("SELECT to_unix_timestamp(now()) AS at FROM system.local").one()
        return float(row.at) / 1000

    with failures_as_unavailable():
        yield compare(now)


def clock_of_redis(servers: Servers) -> Iterator[Answer]:
    """Compare Redis' clock with ours."""

    def now() -> float:
        seconds, microseconds = servers.redis.time()
        return float(seconds + microseconds / 1_000_000)

    yield compare(now)


def clock_of_kafka(servers: Servers) -> Iterator[Answer]:
    """Look for a newest record of the log that Kafka appended in our future: Kafka does not tell its time."""
    reader = Consumer(reader_config(servers.settings, "doctor"))
    topic, newest = servers.settings.log_topic, 0.0
    try:
        ends = {}
        for number in range(servers.settings.log_partitions):
            low, high = reader.get_watermark_offsets(TopicPartition(topic, number), timeout=_SECONDS)
            if low < high:
                ends[number] = max(low, high - 2)
        reader.assign([TopicPartition(topic, number, offset) for number, offset in ends.items()])
        deadline = time.monotonic() + _SECONDS
        while ends and time.monotonic() < deadline:
            message = reader.poll(0.1)
            if message is None:
                continue
            ends.pop(message.partition() or 0, None)
            if message.error() is None:
                newest = max(newest, message.timestamp()[1] / 1000)
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error)) from error
    finally:
        reader.close()
    ahead = newest - time.time()
    if ahead > _TOLERATED_SECONDS:
        yield warning(f"the log has a record from {ahead:.1f} s ahead of this machine's clock", _REMEDY)
    elif newest:
        yield ok(f"the newest record of the log is of {datetime.fromtimestamp(newest, UTC).isoformat('T', 'seconds')}")
    else:
        yield ok("the log has no record to tell the time by")


def compare(now: Callable[[], float], clock: Callable[[], float] = time.time) -> Answer:
    """Compare what a server says, in seconds since 1970, with `clock` before and after the question."""
    before = clock()
    theirs = now()
    after = clock()
    difference = theirs - (before + after) / 2
    if abs(difference) - (after - before) / 2 > _TOLERATED_SECONDS:
        direction = "ahead of" if difference > 0 else "behind"
        return warning(f"its clock is {abs(difference):.1f} s {direction} this machine's", _REMEDY)
    return ok(f"its clock is within {max(abs(difference), (after - before) / 2):.3f} s of this machine's")
