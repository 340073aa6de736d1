"""What one sender can do to all others: unreadable batches, megabytes that are refused, requests for megabytes."""

from collections.abc import Iterable, Sequence

import pytest
from cassandra.cluster import Session
from confluent_kafka import Producer

from bridge.kafka.clients import base_config
from bridge.kafka.send import send_record
from chat_tasks.conversation.routing import partition_of
from chat_tasks.formats.topics import InstantMessage, LatestMessagesBlock, encode_message
from chat_tasks.settings import Settings
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers
from tests.chaos.system.memory import MemoryWatch
from tests.pipeline.conversation import assert_rows_match, read_outputs, read_topic, send
from tests.pipeline.deployment import Deploy
from tests.pipeline.scraped import Metrics

pytestmark = pytest.mark.servers

REQUEST = b'{"conversationKey":"abc123","numMsgs":100}'


def from_bob(body: str, key: str = "abc123") -> InstantMessage:
    return InstantMessage(conversationKey=key, sender="bob", recipients=[], body=body)


def send_batch(settings: Settings, topic: str, partition: int, values: Iterable[bytes]) -> None:
    """Send these records as one batch, however large it unpacks."""
    producer = Producer(
        {
            **base_config(settings),
            "compression.type": "zstd",
            "message.max.bytes": 200_000_000,
            "batch.size": 200_000_000,
            "queue.buffering.max.kbytes": 400_000,
            "linger.ms": 60_000,
        }
    )
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(60) == 0


def reasons_of(letters: Sequence[object]) -> list[str]:
    headers = [dict(letter.headers()) for letter in letters]  # type: ignore[attr-defined]
    return sorted(one["__connect.errors.exception.message"].decode() for one in headers)


def test_what_cannot_be_read_is_passed_over_to_the_next_record_with_one_letter(
    deploy: Deploy, servers: Servers
) -> None:
    deployment = deploy(max_batch_bytes=20_000_000)
    settings = deployment.settings
    messages = [from_bob(f"message {number}") for number in range(6)]
    into, requests = settings.message_topic, settings.request_topic
    send_record(settings, into, encode_message(messages[0]), partition=0)
    send_batch(settings, into, 0, [b"0" * 1_000_000 for _ in range(40)])
    send_record(settings, into, encode_message(messages[1]), partition=0)
    send_batch(settings, into, 0, [b"0" * 40_000_000])
    send_batch(settings, into, 0, [b"1" * 500_000 for _ in range(80)])
    send_record(settings, into, encode_message(messages[2]), partition=0)
    send_batch(settings, requests, 1, [b"0" * 40_000_000])
    send_record(settings, requests, REQUEST, partition=1)
    for message in messages[3:]:
        send_record(settings, into, encode_message(message), partition=1)
    segment = servers.kafka.settings.folder / "data" / f"{into}-1" / f"{0:020}.log"
    with segment.open("r+b") as file:
        file.seek(file.read().index(b"message 4"))
        file.write(b"MESSAGE")

    port = free_port()
    [dispatch] = deployment.start("dispatch.1", CHAT_HTTP_PORT=str(port))
    killed, _ = deployment.start("ingest.1", "worker.1")
    killed.wait_for_line("passed over: ")
    killed.kill()
    [ingest] = deployment.start("ingest.1")
    read_outputs(settings, [*messages[:4], messages[5]])
    assert len(read_topic(settings, settings.block_topic, 1)) == 1
    letters = read_topic(settings, settings.dead_letter_topic, 5)
    too_large = "Kafka: _BAD_COMPRESSION: Decompression (codec 0x4) of message at"
    found = reasons_of(letters)
    for reason, beginning in zip(
        found,
        [
            f"{into}[0] cannot be read from offset 1 to 40: {too_large} 1 of ",
            f"{into}[0] cannot be read from offset 42 to 42: {too_large} 42 of ",
            f"{into}[0] cannot be read from offset 43 to 122: {too_large} 43 of ",
            f"{into}[1] cannot be read from offset 1 to 1: Kafka: _BAD_MSG: MessageSet at offset 1 ",
            f"{requests}[1] cannot be read from offset 0 to 0: {too_large} 0 of ",
        ],
        strict=True,
    ):
        assert reason.startswith(beginning)
    assert dispatch.log.count("passed over: ") == 1
    assert "starting again" not in killed.log + ingest.log + dispatch.log
    Metrics(port).wait_equal(1, "dead_letters_total", stage="CONSUME", reason="unreadable")

    dispatch.stop()
    unread, others = from_bob("unread", "another"), from_bob("read")
    log_partition = partition_of(unread.conversationKey.encode(), settings.log_partitions)
    assert log_partition != partition_of(others.conversationKey.encode(), settings.log_partitions)
    send(settings, [unread, others])
    read_topic(settings, settings.log_topic, 7)
    segment = servers.kafka.settings.folder / "data" / f"{settings.log_topic}-{log_partition}" / f"{0:020}.log"
    with segment.open("r+b") as file:
        file.seek(70)
        [byte] = file.read(1)
        file.seek(70)
        file.write(bytes([byte ^ 0xFF]))
    [dispatch] = deployment.start("dispatch.1", CHAT_HTTP_PORT=str(port))
    dispatch.wait_for_line(f"{settings.log_topic}[{log_partition}] cannot be read from offset 0 to 0: ")
    Metrics(port).wait_equal(1, "paused_partitions", reason="unreadable")
    read_outputs(settings, [*messages[:4], messages[5], others])
    assert "starting again" not in dispatch.log


def test_refused_megabytes_hold_nobody_up(deploy: Deploy) -> None:
    deployment = deploy(topic_partitions=1)
    settings = deployment.settings
    [ingest, *_] = deployment.start("ingest.1", "dispatch.1", "worker.1")
    refused = b'{"conversationKey":"abc123","sender":"bob","recipients":[' + b"1," * 490_000 + b'1],"body":""}'
    for _ in range(15):
        send_batch(settings, settings.message_topic, 0, [refused] * 20)
    message = from_bob("Hi there!")
    send(settings, [message])
    read_outputs(settings, [message])
    letters = read_topic(settings, settings.dead_letter_topic, 300)
    assert {letter.value() for letter in letters} == {refused}
    assert set(reasons_of(letters)) == {"recipients.0: Input should be a valid string"}
    assert "starting again" not in ingest.log


def test_requests_for_megabytes_are_answered_a_few_at_a_time(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    processes = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = [from_bob(f"{number:02}" + "x" * 60_000) for number in range(16)]
    send(settings, messages)
    read_outputs(settings, messages)
    number = 150
    with MemoryWatch(processes, settings.redis_url.get_secret_value()) as peaks:
        for _ in range(number):
            send_record(settings, settings.request_topic, REQUEST)
        blocks = read_topic(settings, settings.block_topic, number)
    found = [LatestMessagesBlock.model_validate_json(block.value()).latestChatter for block in blocks]
    assert found == [found[0]] * number
    assert [sequence for _, _, sequence in found[0]] == list(range(2, 16))
    # One reply has a megabyte and one more block. All of these blocks in one reply are a hundred.
    assert peaks["redis"] < 20


def test_conversations_of_which_dispatch_remembers_nothing_go_on(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(heads_in_memory=24)
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    sent: list[InstantMessage] = []
    for turn in range(3):
        messages = [from_bob(f"message {turn}", f"conversation {number}") for number in range(200)]
        send(settings, messages)
        sent += messages
        outputs = read_outputs(settings, sent)
    assert_rows_match(cassandra, settings, outputs)
