"""What others write to the log, or send again to where a letter came from, becomes a dead letter and stops nothing."""

from typing import Any

import pytest
from cassandra.cluster import Session
from confluent_kafka import Producer

from bridge.kafka.clients import base_config
from bridge.kafka.headers import Headers
from bridge.records.dead_letters import DeadLetterContext, read_dead_letter_headers
from chat_tasks.conversation.routing import partition_of
from tests.pipeline.conversation import assert_rows_match, read_outputs, read_topic, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

MESSAGE = b'{"conversationKey":"c-0","sender":"bob","recipients":["ann"],"body":"sent again"}'


def test_they_become_dead_letters_once_and_the_conversations_go_on(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    settings = deployment.settings
    log, own = settings.log_topic, partition_of(b"c-0", settings.log_partitions)
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    before, after = some_messages(100, 5), some_messages(100, 5, seed=1)
    send(settings, before)
    read_outputs(settings, before)

    of_the_log: Headers = [("__connect.errors.topic", log.encode()), ("tool", b"added by it")]
    producer = Producer(base_config(settings))
    producer.produce(log, b"hello", partition=own)
    producer.produce(log, b"1,abc", b"c-0", partition=own)
    producer.produce(log, b"1]]],[[[" + MESSAGE, b"c-0", partition=own)
    producer.produce(log, MESSAGE, b"c-0", partition=own, headers=[*of_the_log])
    producer.produce(log, b"500," + MESSAGE, b"c-0", partition=own, headers=[*of_the_log])
    producer.produce(log, b"500," + MESSAGE, b"c-0", partition=(own + 1) % settings.log_partitions)
    # To the input, where a letter of the log would get another number than its own.
    producer.produce(settings.message_topic, MESSAGE, headers=[*of_the_log])
    producer.flush()
    letters = [_told(letter) for letter in read_topic(settings, settings.dead_letter_topic, 7)]
    headers = f"headers: they are those of a dead letter of {log}"
    assert sorted((told.source.topic, told.source.stage, told.error, told.reason) for told in letters) == sorted(
        [
            (log, "CONSUME", "ForeignRecord", "not written by ingest: it has no key or no value"),
            *[(log, "CONSUME", "ForeignRecord", "not written by ingest: its value is not a time and a message")] * 3,
            (log, "CONSUME", "ForeignRecord", f"not written by ingest: {headers}"),
            (log, "CONSUME", "ForeignRecord", "not written by ingest: its partition is not that of its key"),
            (settings.message_topic, "VALUE_CONVERTER", "InvalidRecord", headers),
        ]
    )
    dispatch.wait_for_line("records of the log become dead letters, the last one")

    dispatch.kill()
    deployment.start("dispatch.1")
    send(settings, after)
    outputs = read_outputs(settings, [*before, *after])
    assert_rows_match(cassandra, settings, outputs)
    assert len(read_topic(settings, settings.dead_letter_topic, 7)) == 7
    assert dispatch.log.count("become dead letters") == 1


def test_a_dead_letter_of_ingest_that_somebody_has_mended_is_a_message(deploy: Deploy) -> None:
    """Also with the letter's headers, as tools send it again."""
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    producer = Producer(base_config(settings))
    producer.produce(settings.message_topic, MESSAGE.replace(b'"bob"', b"1"))
    producer.flush()
    [letter] = read_topic(settings, settings.dead_letter_topic, 1)
    producer.produce(settings.message_topic, MESSAGE, letter.key(), headers=letter.headers())
    producer.flush()
    [output] = read_topic(settings, settings.output_topic, 1)
    assert output.value() == MESSAGE.replace(b',"body"', b',"conversationMsgSeq":0,"body"')


def _told(letter: Any) -> DeadLetterContext:
    """What a letter tells of its record."""
    story = read_dead_letter_headers(letter.headers())
    assert story is not None
    assert letter.key()
    return story
