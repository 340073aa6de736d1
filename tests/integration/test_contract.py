"""The wire format, byte for byte, and what becomes of everything that does not keep to it."""

import pytest
from confluent_kafka import Producer

from bridge.commands.latest import CORRELATION_HEADER
from bridge.kafka.clients import base_config
from bridge.kafka.send import send_record
from tests.pipeline.conversation import read_topic
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

IN = (
    b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}',
    b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"body":"Hi there!"}',
)
OUT = [
    b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"conversationMsgSeq":0,"body":"Hi there!"}',
    b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"conversationMsgSeq":1,"body":"Hi there!"}',
]
REQUEST = b'{"conversationKey":"abc123","numMsgs":100}'
BLOCK = b'{"conversationKey":"abc123","latestChatter":[["bob","Hi there!",0],["ann","Hi there!",1]]}'

BAD_MESSAGES = {
    b"": "value: Invalid JSON: EOF while parsing",
    b"\x00\xff\xfe binary": "value: Invalid JSON",
    b"[1,2,3]": "value: Input should be an object",
    b'{"sender":"a","recipients":[],"body":"b"}': "conversationKey: Field required",
    b'{"conversationKey":"","sender":"a","recipients":[],"body":"b"}': "conversationKey: must not be empty",
    b'{"conversationKey":1,"sender":"a","recipients":[],"body":"b"}': "conversationKey: Input should be a valid string",
    b'{"conversationKey":"k","sender":null,"recipients":[],"body":"b"}': "sender: Input should be a valid string",
    b'{"conversationKey":"k","sender":"a","recipients":"b","body":"b"}': "recipients: Input should be a valid array",
    b'{"conversationKey":"k","sender":"a","recipients":[2],"body":"b"}': "recipients.0: Input should be a valid string",
    b'{"conversationKey":"k","sender":"a","recipients":[],"body":"\\ud800"}': "value: Invalid JSON: unexpected end",
    b'{"conversationKey":"k","sender":"a","recipients":[],"body":"b","x":' + b"[" * 5000 + b"]" * 5000 + b"}": (
        "value: Invalid JSON: recursion limit exceeded"
    ),
    b'{"conversationKey":"k","sender":"a","recipients":[],"body":"' + b"x" * 70_000 + b'"}': "body: 70000 bytes",
}
BAD_REQUESTS = {
    b'{"conversationKey":"k"}': "numMsgs: Field required",
    b'{"conversationKey":"k","numMsgs":-1}': "numMsgs: must not be negative",
    b'{"conversationKey":"k","numMsgs":"3"}': "numMsgs: Input should be a valid integer",
}


def test_the_worked_example(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    for value in IN:
        send_record(settings, settings.message_topic, value, partition=0)
    assert [output.value() for output in read_topic(settings, settings.output_topic, 2)] == OUT
    send_record(settings, settings.request_topic, REQUEST, headers=[(CORRELATION_HEADER, b"7")])
    [block] = read_topic(settings, settings.block_topic, 1)
    assert block.value() == BLOCK
    assert block.headers() == [(CORRELATION_HEADER, b"7")]


def test_every_bad_value_is_one_dead_letter_with_its_reason(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    for value in BAD_MESSAGES:
        send_record(settings, settings.message_topic, value, partition=1, headers=[("trace", b"42")])
    for value in BAD_REQUESTS:
        send_record(settings, settings.request_topic, value, partition=1, headers=[("trace", b"42")])
    send_record(settings, settings.message_topic, IN[0], partition=1)

    letters = read_topic(settings, settings.dead_letter_topic, len(BAD_MESSAGES) + len(BAD_REQUESTS))
    reasons = {**BAD_MESSAGES, **BAD_REQUESTS}
    assert {letter.value() or b"" for letter in letters} == reasons.keys()
    for letter in letters:
        headers = dict(letter.headers())
        assert headers["trace"] == b"42"
        reason = headers["__connect.errors.exception.message"].decode()
        assert reason.startswith(reasons[letter.value() or b""])
        source = settings.request_topic if letter.value() in BAD_REQUESTS else settings.message_topic
        assert headers["__connect.errors.topic"] == source.encode()
        assert headers["__connect.errors.partition"] == b"1"
    assert [output.value() for output in read_topic(settings, settings.output_topic, 1)] == OUT[:1]


def test_texts_of_every_kind_come_through_unchanged(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    spelled = (
        '{ "body": "tab\\t quote\\" slash\\/ back\\\\ nul\\u0000 é\\u00e9 👋\\ud83d\\udc4b \\u2028 ,\\"body\\":",'
        ' "recipients": [], "unknown": {"a": [1, null]}, "sender": "žofie", "conversationKey": "ключ 🔑" }'
    )
    send_record(settings, settings.message_topic, spelled.encode())
    [output] = read_topic(settings, settings.output_topic, 1)
    assert output.value().decode() == (
        '{"conversationKey":"ключ 🔑","sender":"žofie","recipients":[],"conversationMsgSeq":0,'
        '"body":"tab\\t quote\\" slash/ back\\\\ nul\\u0000 éé 👋👋 \u2028 ,\\"body\\":"}'
    )


def test_what_no_later_topic_would_take_is_a_dead_letter_and_jams_nobody(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    # The topic's limit counts compressed bytes, so this one gets in.
    producer = Producer({**base_config(settings), "compression.type": "zstd", "message.max.bytes": 10_000_000})
    producer.produce(settings.message_topic, b"x" * 3_000_000, partition=0)
    producer.produce(settings.message_topic, IN[0], partition=0)
    producer.produce(settings.request_topic, REQUEST, partition=0, headers=[("large", b"x" * 500_000)])
    producer.produce(settings.request_topic, REQUEST, partition=0)
    producer.flush()

    assert [output.value() for output in read_topic(settings, settings.output_topic, 1)] == OUT[:1]
    assert len(read_topic(settings, settings.block_topic, 1)) == 1
    letters = {letter.value(): dict(letter.headers()) for letter in read_topic(settings, settings.dead_letter_topic, 2)}
    assert letters.keys() == {b"x" * settings.max_record_bytes, REQUEST}
    assert letters[b"x" * settings.max_record_bytes]["chat.dropped"] == b"value after 1000000 of 3000000 bytes"
    reason = letters[REQUEST]["__connect.errors.exception.message"]
    assert reason == b"key and headers: 500020 bytes, at most 32768 are allowed"
