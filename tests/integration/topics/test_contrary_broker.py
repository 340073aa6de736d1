"""A broker whose defaults are not what the pipeline needs."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from cassandra.cluster import Session
from confluent_kafka import Producer

from bridge.checks import check_servers
from bridge.kafka.clients import base_config
from bridge.records.dead_letters import read_dead_letter_headers
from chat_tasks.errors import ConfigurationError
from stack.home import jars_folder
from stack.processes.ports import free_port
from stack.servers.kafka import KafkaSettings
from stack.waiting import wait_until
from tests.pipeline.altered_broker import AlteredBroker
from tests.pipeline.conversation import (
    PATIENCE_SECONDS,
    assert_rows_match,
    read_outputs,
    read_topic,
    send,
    some_messages,
)
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

# The times that a purged segment waits for before it leaves the disk; by default five minutes and one.
QUICK = {"log.retention.check.interval.ms": 500, "log.segment.delete.delay.ms": 100}
CONTRARY = {
    "log.cleanup.policy": "compact",
    "log.retention.ms": 3_600_000,
    "compression.type": "gzip",
    "message.max.bytes": 20_000,
    "unclean.leader.election.enable": "true",
}
TOO_LITTLE = {"offset.metadata.max.bytes": 4_000, "transaction.max.timeout.ms": 9_000}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[AlteredBroker]:
    settings = KafkaSettings(tmp_path / "kafka", port=free_port(), controller_port=free_port(), profile="fast_start")
    broker = AlteredBroker(settings, jars_folder())
    yield broker
    broker.stop()


def test_a_pipeline_works_on_it_and_says_what_cannot_be_set_for_a_topic(
    broker: AlteredBroker, deploy: Deploy, cassandra: Session
) -> None:
    broker.start_with({**QUICK, **CONTRARY, **TOO_LITTLE})
    deployment = deploy(
        kafka_bootstrap_servers=broker.address, log_partitions=1, replay_window=16.0, log_segment_time=1.0
    )
    settings = deployment.settings
    with pytest.raises(ConfigurationError, match=r"brokers must have offset\.metadata\.max\.bytes=4096 or more"):
        check_servers(settings, cassandra)
    broker.start_with({**QUICK, **CONTRARY, **TOO_LITTLE, "offset.metadata.max.bytes": 4_096})
    too_slow = r"transaction.max.timeout.ms that is not below CHAT_TRANSACTION_TIMEOUT \(10 s\): it is 9000"
    with pytest.raises(ConfigurationError, match=too_slow):
        check_servers(settings, cassandra)

    ingest, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1", CHAT_TRANSACTION_TIMEOUT="9")
    producer = Producer(base_config(settings))
    for topic in (settings.message_topic, settings.request_topic):
        producer.produce(topic, b"no message and no key")
    producer.flush()
    letters = read_topic(settings, settings.dead_letter_topic, 2)
    assert all(read_dead_letter_headers(letter.headers()) is not None for letter in letters)
    # More than the brokers' default lets in, and bytes that do not shrink.
    random = Random(0)
    messages = [
        message.model_copy(update={"body": message.body + b64encode(random.randbytes(45_000)).decode()})
        for message in some_messages(300, 20)
    ]
    send(settings, messages)
    outputs = read_outputs(settings, messages)
    assert_rows_match(cassandra, settings, outputs)
    assert "starting again" not in ingest.log + dispatch.log

    log = broker.folder / "data" / f"{settings.log_topic}-0"
    more = iter(some_messages(10_000, 20, seed=1))

    def has_left_the_disk() -> bool:
        # A segment is closed by the record that comes next.
        send(settings, [next(more)])
        return sum(file.stat().st_size for file in log.glob("*.log")) < 1_000_000

    assert sum(file.stat().st_size for file in log.glob("*.log")) > 10_000_000
    assert wait_until(has_left_the_disk, PATIENCE_SECONDS)
