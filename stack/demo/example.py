"""A worked example: two messages go in, two numbered ones come out, and the latest messages are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.commands.latest import CORRELATION_HEADER
from bridge.kafka.reading.topic_reader import TopicReader
from bridge.kafka.send import send_record
from stack.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_tasks.settings import Settings

_PATIENCE_SECONDS = 60.0

_EXAMPLE_IN = (
    b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}',
    b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"body":"Hi there!"}',
)
_EXAMPLE_OUT = (
    b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"conversationMsgSeq":0,"body":"Hi there!"}',
    b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"conversationMsgSeq":1,"body":"Hi there!"}',
)
_EXAMPLE_REQUEST = b'{"conversationKey":"abc123","numMsgs":100}'
_EXAMPLE_BLOCK = b'{"conversationKey":"abc123","latestChatter":[["bob","Hi there!",0],["ann","Hi there!",1]]}'


def play_example(settings: Settings, report: Callable[[str], None]) -> None:
    """Report every record on its way. Raises `DemoError` if a value is not, byte for byte, the expected one."""
    with TopicReader(settings, [settings.output_topic, settings.block_topic]) as reader:
        for value in _EXAMPLE_IN:
            send_record(settings, settings.message_topic, value, partition=0)
            report(f"→ {settings.message_topic}        {value.decode()}")
        _expect(reader, settings.output_topic, _EXAMPLE_OUT, report)
        send_record(settings, settings.request_topic, _EXAMPLE_REQUEST, headers=[(CORRELATION_HEADER, b"demo")])
        report(f"→ {settings.request_topic}   {_EXAMPLE_REQUEST.decode()}")
        _expect(reader, settings.block_topic, (_EXAMPLE_BLOCK,), report)


def _expect(reader: TopicReader, topic: str, values: tuple[bytes, ...], report: Callable[[str], None]) -> None:
    found: list[bytes] = []
    for message in reader.follow(_PATIENCE_SECONDS):
        if message.topic() == topic:
            report(f"← {topic:<23}  {message.value().decode()}")
            found.append(message.value())
        if len(found) == len(values):
            break
    if tuple(found) != values:
        raise DemoError(f"{topic} has {len(found)} records, and not the {len(values)} expected ones")
