"""Which record a dead letter becomes when it is sent again, if it may be."""

from collections.abc import Mapping

import orjson

from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.transaction import Output
from bridge.letters.dead_letter import DeadLetter
from bridge.letters.states import LetterState
from bridge.records.acceptance import accept_message, accept_request
from chat_tasks.errors import InvalidRecord, NotReplayed
from chat_tasks.settings import Settings


def record_again(
    letter: DeadLetter, state: LetterState, value: bytes | None, counts: Mapping[str, int], settings: Settings
) -> Output:
    """The record to send to the topic and partition from which the letter came, with its sender's key and headers.

    `value` is what the operator has made of the letter's value, None if it shall stay. `counts` are the numbers of
    partitions. The record's time is that of sending: with its old time the topic's retention might delete it at once.
    Raises `NotReplayed` with the reason, for a value too that would be refused again.
    """
    if letter.quarantined is not None:
        raise NotReplayed(_why_not_quarantined(letter.quarantined.conversation_key, state, settings))
    context = letter.context
    if context is None or context.source.topic not in {settings.message_topic, settings.request_topic}:
        origin = "another program wrote it" if context is None else f"it came from {context.source.topic}"
        raise NotReplayed(f"{origin}, and only letters from the input topics can be sent again")
    if context.error == UnreadableRecords.__name__:
        raise NotReplayed("it holds no record, but says which records cannot be read")
    if value is None:
        if letter.cut:
            raise NotReplayed(f"it does not hold its whole record ({', '.join(letter.cut)}): give the value to send")
        value = letter.value
    source, headers = context.source, letter.sender_headers
    made_up = f"{source.topic}-{source.partition}-{source.offset}".encode()
    key = None if letter.key == made_up else letter.key
    try:
        if source.topic == settings.message_topic:
            accept_message(value, headers, settings)
        else:
            accept_request(key, value, headers, settings)
    except InvalidRecord as error:
        raise NotReplayed(f"it would be refused again: {error}") from None
    partition = source.partition if source.partition < counts.get(source.topic, 0) else -1
    return Output(source.topic, partition, key, value, headers)


def _why_not_quarantined(conversation_key: str, state: LetterState, settings: Settings) -> str:
    if state is LetterState.STRANDED:
        return f"it is of a log that is gone: send its message to {settings.message_topic} if it is to come out"
    name = orjson.dumps(conversation_key).decode()
    return f"its conversation is quarantined: `chat-tasks quarantine release` publishes the letters of {name} in order"
