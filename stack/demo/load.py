"""A load for the pipeline: all messages must come out once, in order, without a gap; how fast they do is told."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.kafka.reading.topic_reader import TopicReader
from chat_tasks.formats.topics import InstantMessage, encode_message
from stack.errors import DemoError
from stack.pipeline.output_check import OutputCheck
from stack.pipeline.sender import new_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from chat_tasks.settings import Settings

MESSAGES = 20_000
CONVERSATIONS = 500
_PARTITIONS = 3
_PATIENCE_SECONDS = 60.0


def play_load(
    settings: Settings, console: Console, report: Callable[[str], None], disturb: Mapping[int, Callable[[], None]]
) -> None:
    """Send, read, check and report. Raises `DemoError` if the output is not as promised.

    `disturb` is what to do to the pipeline, by the number of messages that have come out then.
    """
    due = sorted(disturb.items(), reverse=True)
    messages = [
        InstantMessage(
            conversationKey=f"demo-{number % CONVERSATIONS}",
            sender=f"user-{number % 7}",
            recipients=["ann", "bob"],
            body=f"message {number}",
        )
        for number in range(MESSAGES)
    ]
    expected: dict[str, set[str]] = {}
    for message in messages:
        expected.setdefault(message.conversationKey, set()).add(message.body)
    check = OutputCheck(expected)
    with TopicReader(settings, [settings.output_topic]) as reader, _progress(console) as progress:
        bar = progress.add_task("published", total=MESSAGES)
        began = time.time()
        sender = threading.Thread(target=_send, args=(settings, messages))
        sender.start()
        for message in reader.follow(_PATIENCE_SECONDS):
            if check.add(message.partition(), message.value()):
                progress.update(bar, completed=check.count)
            if due and check.count >= due[-1][0]:
                _, act = due.pop()
                act()
            if check.count == check.total:
                break
        took = time.time() - began
        sender.join()
    faults = check.faults()
    for fault in faults[:20]:
        report(f"  wrong: {fault}")
    if faults:
        raise DemoError(f"{len(faults)} faults in {settings.output_topic}")
    report(f"✓ all {check.total:,} messages came once, in order, without a gap, in {took:.1f} s")


def _send(settings: Settings, messages: list[InstantMessage]) -> None:
    producer = new_sender(settings)
    for number, message in enumerate(messages):
        producer.produce(settings.message_topic, encode_message(message), partition=number % _PARTITIONS)
        producer.poll(0)
    producer.flush(_PATIENCE_SECONDS)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
