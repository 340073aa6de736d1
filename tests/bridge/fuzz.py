"""Sends any number of damaged messages and requests through validation: `python -m tests.bridge.fuzz COUNT SEED`.

Each must be accepted or become a dead letter; what is accepted must come out of the whole pipeline's formats unchanged.
"""

import json
import random
import sys
import time
from collections import Counter
from typing import Any
from uuid import UUID

from bridge.dispatch.intake import read_log_record, read_request
from bridge.dispatch.work import Finished
from bridge.ingest.handler import Ingest
from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.headers import Headers
from bridge.kafka.transaction import Output, Partition
from bridge.records.dead_letter_counts import DeadLetterCounts
from chat_tasks.formats.tasks import (
    decode_append_task,
    decode_latest_task,
    encode_append_task,
    encode_conversation,
    encode_latest_task,
)
from chat_tasks.formats.topics import InstantMessage, decode_message, encode_message, with_sequence
from chat_tasks.settings import Settings
from stack.isolation import ignore_settings
from tests.bridge.messages import ConsumedMessage
from tests.chat_tasks.texts import AWKWARD, as_fields

ignore_settings()
SETTINGS = Settings(instance_name="fuzz", max_body_bytes=300, max_key_bytes=60, max_name_bytes=40, max_recipients=3)
MESSAGES, REQUESTS = Partition(SETTINGS.message_topic, 0), Partition(SETTINGS.request_topic, 0)
LOG_ID = "00000000-0000-0000-0000-000000000001"
TEXTS = [*AWKWARD, "", "abc123", "x" * 70, "y" * 400, "👋" * 20]
WRONG: list[Any] = [None, 1, 2**63, -(10**40), 1.5, True, [], {}, ["a"], [1] * 3, "text"]
COUNTS = [0, 1, 100, 10**6, -1, 2**64, 10**30]
SEQUENCES = [0, 5, 2**63 - 1, 2**63, -1, None]
SPLICED = [
    *(b"\\ud800", b"\\udc00", b"\xed\xa0\x80", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\0", b"\n", b" "),
    *(b"{", b"}", b"[" * 300, b",", b'"', b"1e999", b"9" * 400, b"NaN", b"-0", b"null"),
    *(b'"body":"again",', b'"sender":7,'),
]


class Values:
    """Seeded, so that a run can be repeated."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def record(self, partition: Partition, offset: int) -> ConsumedMessage:
        """A message or a request, mostly with something wrong."""
        choice = self._random.choice
        key = choice([None, b"", b"\xff", b"k", b"k" * 70_000 if self._random.random() < 0.01 else b"k"])
        sent_at = choice([-1, 0, 1, 2**62, 1_700_000_000_000])
        return ConsumedMessage(*partition, offset, self._value(partition), key, self._headers(), sent_at=sent_at)

    def _value(self, partition: Partition) -> bytes | None:
        choice, chance = self._random.choice, self._random.random
        if chance() < 0.02:
            return choice([None, b"", self._random.randbytes(40)])
        document: dict[str, Any] = {"conversationKey": choice(TEXTS)}
        if partition == REQUESTS:
            document |= {"numMsgs": choice(COUNTS), "beforeSeq": choice(SEQUENCES)}
        else:
            recipients = [choice(TEXTS) for _ in range(self._random.randrange(5))]
            document |= {"sender": choice(TEXTS), "recipients": recipients, "body": choice(TEXTS)}
        if chance() < 0.2:
            document[choice([*document, "unknown"])] = choice(WRONG)
        if chance() < 0.1:
            del document[choice(list(document))]
        value = bytearray(json.dumps(document, ensure_ascii=chance() < 0.5).encode())
        if chance() < 0.3:
            for _ in range(self._random.randrange(1, 4)):
                start = self._random.randrange(len(value) + 1)
                value[start : start + choice([0, 0, 1, 5, 1000])] = choice([*SPLICED, b"", self._random.randbytes(1)])
        return bytes(value)

    def _headers(self) -> Headers:
        choice = self._random.choice
        if self._random.random() < 0.6:
            return []
        names = [*TEXTS, "chat.sent_at", "__connect.errors.topic"]
        return [
            (choice(names), choice([None, b"", b"\xff", b"x" * 9_000])) for _ in range(self._random.randrange(1, 4))
        ]


def fuzz(count: int, seed: int) -> Counter[str]:
    """How many of `count` records had which outcome. Raises whatever must not be raised."""
    values, outcomes = Values(seed), Counter[str]()
    ingest = Ingest(SETTINGS, DeadLetterCounts(SETTINGS.dead_letter_topic))
    ingest.assigned(Assignment(1, {MESSAGES: Committed(0, "", 0)}, None), None)
    for offset in range(count):
        if offset % 4 == 0:
            outcomes[_outcome_of_request(values.record(REQUESTS, offset))] += 1
        else:
            outcomes[_outcome_of_message(ingest, values.record(MESSAGES, offset))] += 1
    return outcomes


def _outcome_of_message(ingest: Ingest, record: ConsumedMessage) -> str:
    ingest.records([record])
    transaction = ingest.next_transaction()
    assert transaction is not None
    [output] = transaction.outputs
    if output.topic == SETTINGS.dead_letter_topic:
        assert output.value == record.value()
        return f"message refused, {_reason_of(output)}"
    _check_round_trip(record, output)
    return "message accepted"


def _check_round_trip(record: ConsumedMessage, output: Output) -> None:
    sent, value, key = record.value(), output.value, output.key
    assert sent is not None
    assert value is not None
    assert key is not None
    # Whoever read it, it says what pydantic reads.
    reference = InstantMessage.model_validate_json(sent)
    logged = ConsumedMessage(output.topic, output.partition, 7, value, key, list(output.headers), sent_at=0)
    read_key, read = read_log_record(logged, SETTINGS, replay=False)
    assert read_key.encode() == key
    assert as_fields(decode_message(sent)) == as_fields(decode_message(read.value)) == as_fields(reference)
    conversation = encode_conversation(key.decode(), None, [(7, read.sent_at, read.value)])
    task = encode_append_task(
        task_id="t", reply_to="r", epoch=1, log_id=LOG_ID, generations={}, conversations=[conversation]
    )
    [batch] = decode_append_task(task).conversations
    [logged_record] = batch.records
    text = logged_record.text
    fields = {"sender": text.sender, "recipients": text.recipients, "body": text.body}
    assert encode_message(InstantMessage.model_validate({"conversationKey": key.decode(), **fields})) == read.value
    numbered = json.loads(with_sequence(read.value, 7))
    assert numbered == {"conversationKey": key.decode(), "conversationMsgSeq": 7, **fields}


def _outcome_of_request(record: ConsumedMessage) -> str:
    read = read_request(record, SETTINGS)
    if isinstance(read, Finished):
        [letter] = read.outputs
        assert letter.value == record.value()
        return f"request refused, {_reason_of(letter)}"
    task = encode_latest_task(
        task_id="t", reply_to="r", generations={}, requests=[read.request], log_id=str(UUID(int=1)), published=[]
    )
    assert list(decode_latest_task(task).requests) == [read.request]
    return "request accepted"


def _reason_of(letter: Output) -> str:
    reason = dict(letter.headers)["__connect.errors.exception.message"] or b""
    return reason.decode().partition(":")[0].partition(".")[0]


def main() -> None:
    """Print the outcomes."""
    count, seed = (int(argument) for argument in sys.argv[1:])
    started = time.monotonic()
    outcomes = fuzz(count, seed)
    seconds = time.monotonic() - started
    for outcome, number in outcomes.most_common():
        print(f"{number:>9,}  {outcome}")
    print(f"{count:>9,}  values in {seconds:.0f} s, {count / seconds:,.0f} a second, no exception")


if __name__ == "__main__":
    main()
