"""How long a record can stay on a broker's disk."""

import pytest

from bridge.kafka.topics.lifetimes import longest_stay

BROKER = {"log.retention.check.interval.ms": "300000"}
TOPIC = {
    "cleanup.policy": "delete",
    "retention.ms": "1000",
    "segment.ms": "2000",
    "file.delete.delay.ms": "60000",
    "message.timestamp.type": "LogAppendTime",
    "message.timestamp.after.max.ms": "3600000",
}


def test_its_retention_its_files_and_the_broker_take_their_time() -> None:
    assert longest_stay(TOPIC, BROKER) == 1 + 2 + 300 + 60


def test_a_record_that_its_sender_dated_may_be_from_the_future() -> None:
    assert longest_stay({**TOPIC, "message.timestamp.type": "CreateTime"}, BROKER) == 363 + 3600


@pytest.mark.parametrize(
    "kept", [{"retention.ms": "-1"}, {"cleanup.policy": "compact"}, {"retention.ms": str(2**63 - 1)}]
)
def test_what_kafka_never_deletes_stays(kept: dict[str, str]) -> None:
    assert longest_stay({**TOPIC, **kept}, BROKER) is None
