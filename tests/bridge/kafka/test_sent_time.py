"""A record's own time."""

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, TIMESTAMP_NOT_AVAILABLE

from bridge.kafka.headers import sent_time
from tests.bridge.messages import ConsumedMessage

LONG_AGO = 1_600_000_000_000


@pytest.mark.parametrize("kind", [TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME])
@pytest.mark.parametrize("sent_at", [0, 1_000])
def test_it_is_what_the_record_says(kind: int, sent_at: int) -> None:
    assert sent_time(ConsumedMessage("instant_message_in", 0, 0, b"", kind=kind, sent_at=sent_at)) == sent_at


@pytest.mark.parametrize(("kind", "sent_at"), [(TIMESTAMP_NOT_AVAILABLE, 0), (TIMESTAMP_CREATE_TIME, -1)])
def test_a_record_without_one_was_sent_now(kind: int, sent_at: int) -> None:
    assert sent_time(ConsumedMessage("instant_message_in", 0, 0, b"", kind=kind, sent_at=sent_at)) > LONG_AGO
