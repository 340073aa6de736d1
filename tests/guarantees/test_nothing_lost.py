"""Nothing lost: a record comes out numbered or, whole and with the reason, in `dead_letter`."""

import pytest
from redis import Redis

from bridge.kafka.send import send_record
from tests.pipeline.conversation import read_outputs, read_topic, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_a_bad_record_is_kept_with_its_reason(deploy: Deploy) -> None:
    pipeline = deploy()
    settings = pipeline.settings
    pipeline.start("ingest.1", "dispatch.1", "worker.1")
    without_body = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"]}'
    send_record(settings, settings.message_topic, without_body)

    [letter] = read_topic(settings, settings.dead_letter_topic, 1)
    assert letter.value() == without_body
    assert dict(letter.headers())["__connect.errors.exception.message"] == b"body: Field required"


def test_redis_may_be_wiped_at_any_moment(deploy: Deploy) -> None:
    pipeline = deploy()
    pipeline.start("ingest.1", "dispatch.1")
    messages = some_messages(300, 20)
    send(pipeline.settings, messages)
    with Redis.from_url(pipeline.settings.redis_url.get_secret_value()) as redis:
        # No worker runs yet, so all tasks are in Redis.
        redis.flushdb()
    pipeline.start("worker.1")
    read_outputs(pipeline.settings, messages)
