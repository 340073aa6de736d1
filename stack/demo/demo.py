"""`make demo`: the whole pipeline on servers of its own, a worked example, and a load whose output is checked."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING

from confluent_kafka import Producer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.clients import base_config
from bridge.headers import headers_of, sent_at_of
from bridge.latest_request import CORRELATION_HEADER
from bridge.sending import send_record
from bridge.topic_reader import TopicReader
from chat_tasks.settings import Settings
from chat_tasks.wire import InstantMessage, encode_message
from stack.development.up_and_down import fetch_all, up
from stack.errors import DemoError
from stack.pipeline.output_check import OutputCheck, percentile
from stack.pipeline.procfile import Pipeline
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

_MESSAGES = 20_000
_CONVERSATIONS = 500
_PARTITIONS = 3
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


def demo(home: Path, console: Console) -> None:
    """Raises `DemoError` where anything is not as promised; always stops what it started."""

    def report(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    fetch_all(home / "jars", report)
    folder = home / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    servers = Servers.on_free_ports(folder, profile="steady")
    environment = {**servers.environment(), "CHAT_FLOWER_PORT": str(free_port())}
    pipeline = Pipeline(folder / "pipeline", environment)
    settings = Settings(
        kafka_bootstrap_servers=servers.bootstrap_servers,
        cassandra_port=servers.cassandra_port,
        redis_url=servers.redis_url,
    )
    try:
        up(servers, pipeline, report)
        console.rule("the worked example")
        _play_example(settings, report)
        console.rule(f"{_MESSAGES:,} messages of {_CONVERSATIONS} conversations, without keys, to all partitions")
        _play_load(settings, console, report)
    finally:
        pipeline.stop()
        servers.stop()
        report("everything that was started is stopped")


def _play_example(settings: Settings, report: Callable[[str], None]) -> None:
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


def _play_load(settings: Settings, console: Console, report: Callable[[str], None]) -> None:
    messages = [
        InstantMessage(
            conversationKey=f"demo-{number % _CONVERSATIONS}",
            sender=f"user-{number % 7}",
            recipients=["ann", "bob"],
            body=f"message {number}",
        )
        for number in range(_MESSAGES)
    ]
    expected: dict[str, set[str]] = {}
    for message in messages:
        expected.setdefault(message.conversationKey, set()).add(message.body)
    check = OutputCheck(expected)
    latencies: list[float] = []
    with TopicReader(settings, [settings.output_topic]) as reader, _progress(console) as progress:
        bar = progress.add_task("published", total=_MESSAGES)
        began = time.time()
        sender = threading.Thread(target=_send, args=(settings, messages))
        sender.start()
        for message in reader.follow(_PATIENCE_SECONDS):
            if check.add(message.partition(), message.value()):
                latencies.append(time.time() * 1000 - int(sent_at_of(headers_of(message))))
                progress.update(bar, completed=check.count)
            if check.count == check.total:
                break
        took = time.time() - began
        sender.join()
    faults = check.faults()
    for fault in faults[:20]:
        report(f"  wrong: {fault}")
    if faults:
        raise DemoError(f"{len(faults)} faults in {settings.output_topic}")
    latencies.sort()
    report(f"all {check.total:,} messages came once, in order, without a gap: {check.total / took:,.0f} messages/s")
    shares = ", ".join(f"p{share * 100:g} {percentile(latencies, share):,.0f} ms" for share in (0.5, 0.9, 0.99))
    report(f"from input record to output reader, all sent at once: {shares}")


def _send(settings: Settings, messages: list[InstantMessage]) -> None:
    producer = Producer({**base_config(settings), "acks": "all", "linger.ms": 5})
    for number, message in enumerate(messages):
        producer.produce(settings.message_topic, encode_message(message), partition=number % _PARTITIONS)
        producer.poll(0)
    producer.flush(_PATIENCE_SECONDS)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
