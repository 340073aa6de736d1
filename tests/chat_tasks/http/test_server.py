"""The HTTP server of a process, asked by real clients."""

import http.client
import logging
import socket
from collections.abc import Iterator

import orjson
import pytest

from chat_tasks.http.routes import Query, Response, Routes
from chat_tasks.http.server import HttpServer
from stack.processes.ports import free_port
from stack.waiting import wait_until

PATIENCE = 30.0
LOOPBACK = "127.0.0.1"


def fails(_: Query) -> Response:
    raise ValueError("what nobody is to read")


def echo(query: Query) -> Response:
    return Response(200, "application/json", orjson.dumps(query))


ROUTES: Routes = {"/hello": lambda _: Response(200, "text/plain", b"hello\n"), "/fails": fails, "/echo": echo}


@pytest.fixture
def port() -> int:
    """The port of a server with these routes."""
    port = free_port()
    HttpServer(LOOPBACK, port, ROUTES).start()
    assert wait_until(lambda: answers(port), PATIENCE)
    return port


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    """Connections that the test opens."""
    opened: list[socket.socket] = []
    yield opened
    for one in opened:
        one.close()


def ask(port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return ask(port, "/hello") == (200, b"hello\n")
    except OSError:
        return False


def test_a_path_has_its_answer(port: int) -> None:
    assert ask(port, "/hello?name=value") == (200, b"hello\n")
    assert ask(port, "/hello", "HEAD") == (200, b"")
    assert ask(port, "/hello", "POST")[0] == 501


def test_an_unknown_path_names_the_known_ones(port: int) -> None:
    assert ask(port, "/") == (404, b"/echo\n/fails\n/hello\n")


def test_a_route_that_fails_is_told_in_the_log_only(port: int, caplog: pytest.LogCaptureFixture) -> None:
    assert ask(port, "/fails") == (500, b"see the log\n")
    assert [record.getMessage() for record in caplog.records] == ["no answer to /fails"]
    assert answers(port)


def test_a_client_that_says_nothing_is_not_waited_for(clients: list[socket.socket]) -> None:
    port = free_port()
    HttpServer(LOOPBACK, port, ROUTES, connection_seconds=0.1).start()
    assert wait_until(lambda: answers(port), PATIENCE)
    silent = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
    clients.append(silent)
    silent.sendall(b"GET /hello HT")
    assert silent.recv(1) == b""


def test_clients_that_say_nothing_leave_room_for_others(port: int, clients: list[socket.socket]) -> None:
    for _ in range(100):
        clients.append(socket.create_connection((LOOPBACK, port), timeout=PATIENCE))
        clients[-1].sendall(b"GET /hello HT")
    assert answers(port)


def test_a_few_slow_clients_are_not_cut_off(port: int, clients: list[socket.socket]) -> None:
    for _ in range(10):
        clients.append(socket.create_connection((LOOPBACK, port), timeout=PATIENCE))
        clients[-1].sendall(b"GET /hello HT")
    assert answers(port)
    clients[0].sendall(b"TP/1.0\r\n\r\n")
    with clients[0].makefile("rb") as answer:
        assert answer.readline() == b"HTTP/1.0 200 OK\r\n"


def test_a_taken_port_is_one_line_and_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, port)):
        HttpServer(LOOPBACK, port, ROUTES).start()
        assert wait_until(lambda: bool(caplog.records), PATIENCE)
    assert wait_until(lambda: answers(port), PATIENCE)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert f"no HTTP server at {LOOPBACK} port {port}: " in record.getMessage()


def test_a_route_gets_what_follows_the_question_mark(port: int) -> None:
    status, body = ask(port, "/echo?key=a%2F%3F%26b&key=%D7%A9&empty=")
    assert (status, orjson.loads(body)) == (200, {"key": "ש", "empty": ""})
