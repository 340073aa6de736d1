"""The process of a proxy: `python -m tests.chaos.system.proxy_process FRONT_HOST FRONT_PORT TARGET_HOST TARGET_PORT`.

A line of its input is new conditions; each is answered by a line, and so is the beginning. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import uvloop

from tests.chaos.system.proxy import FINE, Conditions


class _Network:
    """The conditions of all connections, and their ends."""

    def __init__(self) -> None:
        self.conditions = FINE
        self.ends: set[_End] = set()

    def set(self, conditions: Conditions) -> None:
        self.conditions = conditions
        if conditions.is_cut:
            for end in list(self.ends):
                end.abort()


class _End(asyncio.Protocol):
    """One end of a connection: what it receives goes out of the other one."""

    def __init__(self, network: _Network) -> None:
        self._network = network
        self._transport: asyncio.Transport | None = None
        self._other: _End | None = None
        self._early = b""
        self._holds = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._network.ends.add(self)

    @property
    def _open(self) -> asyncio.Transport | None:
        return None if self._transport is None or self._transport.is_closing() else self._transport

    @property
    def is_lost(self) -> bool:
        return self._open is None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._network.ends.discard(self)
        if self._other is not None:
            self._other.abort()

    def data_received(self, data: bytes) -> None:
        if pause := self._network.conditions.pause_after(len(data)):
            self.hold()
            asyncio.get_running_loop().call_later(pause, self._pass_on_later, data)
        else:
            self._pass_on(data)

    def pause_writing(self) -> None:
        if self._other is not None:
            self._other.hold()

    def resume_writing(self) -> None:
        if self._other is not None:
            self._other.let_go()

    def join(self, other: _End) -> None:
        self._other = other
        other.write(self._early)

    def hold(self) -> None:
        """Read no more until everybody who held it has let go."""
        self._holds += 1
        if self._holds == 1 and (transport := self._open) is not None:
            transport.pause_reading()

    def let_go(self) -> None:
        self._holds -= 1
        if not self._holds and (transport := self._open) is not None:
            transport.resume_reading()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def write(self, data: bytes) -> None:
        if (transport := self._open) is not None:
            transport.write(data)

    def _pass_on_later(self, data: bytes) -> None:
        self._pass_on(data)
        self.let_go()

    def _pass_on(self, data: bytes) -> None:
        if self._other is None:
            self._early += data
        else:
            self._other.write(data)


class _Front(_End):
    """The end that somebody has connected to."""

    def __init__(self, network: _Network, target: tuple[str, int]) -> None:
        super().__init__(network)
        self._target = target

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._network.conditions.is_cut:
            self.abort()
            return
        self._connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            _, onward = await asyncio.get_running_loop().create_connection(lambda: _End(self._network), *self._target)
        except OSError:
            self.abort()
            return
        onward.join(self)
        self.join(onward)
        # Either end may have been lost before it had another one to tell.
        if self.is_lost or onward.is_lost:
            self.abort()
            onward.abort()


async def _serve(front: tuple[str, int], target: tuple[str, int]) -> None:
    network = _Network()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Front(network, target), *front)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    while line := await commands.readline():
        network.set(Conditions(**json.loads(line)))
        sys.stdout.write("set\n")
        sys.stdout.flush()
    server.close()


if __name__ == "__main__":
    _, front_host, front_port, target_host, target_port = sys.argv
    uvloop.run(_serve((front_host, int(front_port)), (target_host, int(target_port))))
