"""What tests send, and what they look at afterwards."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from cassandra.cluster import Session

from bridge.kafka.reading.topic_reader import TopicReader
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from stack.pipeline.output_check import OutputCheck
from stack.pipeline.sender import new_sender
from stack.waiting import wait_until

# For what takes seconds on an idle machine. One that others keep busy is no error.
PATIENCE_SECONDS = 300.0


def some_messages(number: int, conversations: int, *, seed: int = 0, tag: str = "c") -> list[InstantMessage]:
    """Messages with unique bodies of random conversations, a few of them much busier than others."""
    random_ = random.Random(seed)
    return [
        InstantMessage(
            conversationKey=f"{tag}-{min(random_.randrange(conversations), random_.randrange(conversations))}",
            sender=random_.choice(("ann", "bob", "čeněk")),
            recipients=["dora", "emil"],
            body=f"{tag} {seed} {index} 👋",
        )
        for index in range(number)
    ]


def send(settings: Settings, messages: Sequence[InstantMessage], *, keyed: bool = False) -> None:
    """Send and wait until all are acknowledged; without keys they are spread over all partitions in turn."""
    producer = new_sender(settings)
    for index, message in enumerate(messages):
        key = message.conversationKey.encode() if keyed else None
        partition = -1 if keyed else index % settings.topic_partitions
        producer.produce(settings.message_topic, encode_message(message), key=key, partition=partition)
        producer.poll(0)
    assert producer.flush(PATIENCE_SECONDS) == 0


def expected_of(messages: Iterable[InstantMessage]) -> dict[str, set[str]]:
    """The bodies by conversation."""
    expected: dict[str, set[str]] = {}
    for message in messages:
        expected.setdefault(message.conversationKey, set()).add(message.body)
    return expected


def read_outputs(settings: Settings, messages: Iterable[InstantMessage]) -> dict[str, list[bytes]]:
    """Read the output topic from its beginning until all have come; the values by conversation, in order.

    Fails if one is lost, doubled, out of order or out of its partition.
    """
    check = OutputCheck(expected_of(messages))
    outputs: dict[str, list[bytes]] = {key: [] for key in check.expected}
    with TopicReader(settings, [settings.output_topic], from_beginning=True) as reader:

        def read() -> bool:
            for message in reader.poll(0.2):
                if check.add(message.partition(), message.value()):
                    outputs[message.key().decode()].append(message.value())
            return check.count >= check.total

        complete = wait_until(read, PATIENCE_SECONDS, interval=0)
    assert check.faults() == []
    assert complete
    return outputs


def read_topic(settings: Settings, topic: str, number: int) -> list[Any]:
    """Read that many records of a topic, from its beginning; fails if there are fewer or more."""
    found: list[Any] = []
    with TopicReader(settings, [topic], from_beginning=True) as reader:

        def read() -> bool:
            found.extend(reader.poll(0.2))
            return len(found) >= number

        assert wait_until(read, PATIENCE_SECONDS, interval=0), f"{len(found)} of {number} records in {topic}"
    assert len(found) == number
    return found


def stored_rows(session: Session, settings: Settings) -> dict[str, list[Any]]:
    """Every row with the time it was written at, by conversation, ascending."""
    rows: dict[str, list[Any]] = {}
    query = (
        "SELECT conversation_key, bucket, seq, sender, recipients, body, log_id, log_offset, sent_at, writetime(body) "
        f"AS written_at FROM {settings.cassandra_keyspace}.messages"
    )
    for row in session.execute(query):
        # A bucket 0 whose rows were deleted still has its mark.
        if row.seq is not None:
            rows.setdefault(row.conversation_key, []).append(row)
    for conversation in rows.values():
        conversation.sort(key=lambda row: row.seq)
    return rows


def assert_rows_match(session: Session, settings: Settings, outputs: dict[str, list[bytes]]) -> None:
    """Rows and outputs are the same messages under the same numbers: no row is without an output."""
    rows = stored_rows(session, settings)
    assert rows.keys() == outputs.keys()
    for key, values in outputs.items():
        as_output = [
            InstantMessage(conversationKey=key, sender=row.sender, recipients=list(row.recipients or ()), body=row.body)
            for row in rows[key]
        ]
        assert [row.seq for row in rows[key]] == list(range(len(values)))
        expected = [
            encode_message(message).replace(b',"body":', b',"conversationMsgSeq":%d,"body":' % number, 1)
            for number, message in enumerate(as_output)
        ]
        assert values == expected
