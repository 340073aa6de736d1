"""A TCP proxy that cuts, delays and throttles what passes through it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a network does to a connection; a new value applies to what is read from then on."""

    is_cut: bool = False
    """Connections are reset, and new ones are closed at once."""
    delay: float = 0.0
    """Seconds that each piece waits, in each direction, before the next one is read."""
    bytes_per_second: float = float("inf")


FINE = Conditions()


class Proxy:
    """Listens at `front` and connects to `target`, in a thread of its own."""

    def __init__(self, front: tuple[str, int], target: tuple[str, int]) -> None:
        self._front = front
        self._target = target
        self._conditions = FINE
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy of {target}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def set(self, conditions: Conditions) -> None:
        """From now on; from any thread."""
        self._conditions = conditions
        if conditions.is_cut:
            self._loop.call_soon_threadsafe(self._cut)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, *self._front)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._conditions.is_cut:
            writer.transport.abort()
            return
        try:
            onward_reader, onward_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, onward_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pass(reader, onward_writer), self._pass(onward_reader, writer))
        finally:
            self._writers -= both
            for one in both:
                one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                conditions = self._conditions
                pause = conditions.delay + len(data) / conditions.bytes_per_second
                if pause:
                    await asyncio.sleep(pause)
                writer.write(data)
                await writer.drain()
        writer.transport.abort()

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        self._cut()
        tasks = asyncio.all_tasks(self._loop) - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
