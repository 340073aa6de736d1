"""TLS in front of the local Redis, whose Valkey is built without it.

Run as a program it takes connections, and passes what they say on to a server without TLS on this machine. A Redis or
Valkey of a distribution speaks TLS itself.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from stack.processes.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stack.security.certificates import Certificate

_CHUNK_BYTES = 1 << 16


class TlsFront(ServerProcess):
    """Takes connections with TLS at its port. Clients may show a certificate; a wrong one is refused."""

    def __init__(self, folder: Path, port: int, behind: ServerProcess, *, files: Certificate, authority: Path) -> None:
        super().__init__("redis-tls", folder, behind.host, port)
        self._behind = behind.port
        self._files = files
        self._authority = authority

    def prepare(self) -> list[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        paths = (self._files.certificate, self._files.key, self._authority)
        ports = (self.port, self._behind)
        return [sys.executable, "-m", "stack.servers.tls_front", self.host, *map(str, ports), *map(str, paths)]

    def answers(self) -> bool:
        """Whether it completes TLS's handshake."""
        context = ssl.create_default_context(cafile=str(self._authority))
        try:
            with (
                socket.create_connection((self.host, self.port), timeout=1.0) as connection,
                context.wrap_socket(connection, server_hostname=self.host),
            ):
                return True
        except OSError:
            return False


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()


async def _serve(host: str, behind: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on in both directions until either side has ended."""
    try:
        with suppress(OSError):
            to_server = await asyncio.open_connection(host, behind)
            try:
                directions = (
                    asyncio.ensure_future(_pass_on(reader, to_server[1])),
                    asyncio.ensure_future(_pass_on(to_server[0], writer)),
                )
                await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
                for one in directions:
                    one.cancel()
                await asyncio.gather(*directions, return_exceptions=True)
            finally:
                to_server[1].close()
    finally:
        writer.close()


async def _run(arguments: Sequence[str]) -> None:
    host, port, behind, certificate, key, authority = arguments
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_OPTIONAL
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = await asyncio.start_server(
        lambda reader, writer: _serve(host, int(behind), reader, writer), host, int(port), ssl=context
    )
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1:]))
