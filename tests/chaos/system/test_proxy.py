"""What passes through a proxy, and what does not."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from stack.processes.ports import free_port
from tests.chaos.system.proxy import FINE, Conditions, Proxy

SECONDS = 30


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65_536):
            self.request.sendall(data)


@pytest.fixture
def target() -> Iterator[tuple[str, int]]:
    """A server that sends back what it gets."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield "127.0.0.1", server.server_address[1]
        server.shutdown()
        thread.join()


def echoed(connection: socket.socket, data: bytes) -> bytes:
    """What comes back, as long as the connection lasts."""
    sender = threading.Thread(target=_send, args=(connection, data))
    sender.start()
    found = b""
    while len(found) < len(data) and (piece := _received(connection)):
        found += piece
    sender.join()
    return found


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except ConnectionError:
        # Reset: then nothing comes back, and that is what is looked at.
        return


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionError:
        return b""


@pytest.mark.parametrize("conditions", [FINE, Conditions(delay=0.01), Conditions(bytes_per_second=50_000_000)])
def test_everything_passes_in_order(target: tuple[str, int], conditions: Conditions) -> None:
    front = "127.0.0.1", free_port()
    data = bytes(range(256)) * 4_000
    with Proxy(front, target) as proxy:
        proxy.set(conditions)
        with socket.create_connection(front, SECONDS) as connection:
            assert echoed(connection, data) == data


def test_a_cut_ends_connections_and_lets_no_new_one_through_until_it_is_mended(target: tuple[str, int]) -> None:
    front = "127.0.0.1", free_port()
    with Proxy(front, target) as proxy:
        with socket.create_connection(front, SECONDS) as connection:
            assert echoed(connection, b"before") == b"before"
            proxy.set(Conditions(is_cut=True))
            assert echoed(connection, b"after") == b""
        with socket.create_connection(front, SECONDS) as connection:
            assert echoed(connection, b"cut off") == b""
        proxy.set(FINE)
        with socket.create_connection(front, SECONDS) as connection:
            assert echoed(connection, b"mended") == b"mended"


def test_where_no_server_runs_a_connection_ends() -> None:
    front, nobody = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    with Proxy(front, nobody), socket.create_connection(front, SECONDS) as connection:
        assert echoed(connection, b"hello") == b""


def test_who_hangs_up_is_hung_up_on_at_the_other_end(target: tuple[str, int]) -> None:
    front = "127.0.0.1", free_port()
    with Proxy(front, target), socket.create_connection(front, SECONDS) as connection:
        assert echoed(connection, b"hello") == b"hello"
        connection.shutdown(socket.SHUT_WR)
        assert _received(connection) == b""
