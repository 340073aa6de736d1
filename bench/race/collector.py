"""What comes out, as a read_committed reader sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bench.errors import BenchError
from bridge.kafka.reading.topic_reader import TopicReader
from chat_tasks.settings import Settings

_POLL_SECONDS = 0.1
_TICK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Arrival:
    """An output, and when it was read, in seconds since 1970."""

    partition: int
    value: bytes
    read_at: float


@dataclass
class Collector:
    """Follows outputs and blocks from where the topics end when it is made. A context manager."""

    settings: Settings
    outputs: list[Arrival] = field(default_factory=list)
    blocks: int = 0
    last_appended_at: float = 0.0
    """When the broker appended the last of all, outputs and blocks, in seconds since 1970."""
    _reader: TopicReader = field(init=False)

    def __post_init__(self) -> None:
        self._reader = TopicReader(self.settings, [self.settings.output_topic, self.settings.block_topic])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    def poll(self) -> bool:
        """Wait a moment for records and take them; whether any came."""
        messages = self._reader.poll(_POLL_SECONDS)
        now = time.time()
        for message in messages:
            _, appended_at = message.timestamp()
            self.last_appended_at = max(self.last_appended_at, appended_at / 1000)
            if message.topic() == self.settings.block_topic:
                self.blocks += 1
            else:
                self.outputs.append(Arrival(message.partition(), message.value(), now))
        return bool(messages)

    def collect(self, outputs: int, seconds: float) -> bool:
        """Read until that many outputs have come since the beginning, or `seconds` are over; whether they have come."""
        deadline = time.monotonic() + seconds
        while len(self.outputs) < outputs and time.monotonic() < deadline:
            self.poll()
        return len(self.outputs) >= outputs

    def wait_for(self, outputs: int, blocks: int, patience: float, tick: Callable[[], None] = lambda: None) -> None:
        """Read until that many have come since the beginning; `tick` is called twice a second.

        Raises `BenchError` if nothing comes for `patience` seconds.
        """
        came_at = ticked_at = time.monotonic()
        while len(self.outputs) < outputs or self.blocks < blocks:
            now = time.monotonic()
            if self.poll():
                came_at = now
            elif now - came_at > patience:
                raise BenchError(
                    f"{len(self.outputs)} of {outputs} outputs and {self.blocks} of {blocks} blocks came, "
                    f"and then nothing for {patience:g} s"
                )
            if now - ticked_at > _TICK_SECONDS:
                tick()
                ticked_at = now
