"""What all three servers do alike."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from stack.errors import NotAnsweringError, PortTakenError, ServerDiedError
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers
from stack.servers.redis import RedisServer, RedisSettings
from stack.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("kafka", "cassandra", "redis")


@pytest.mark.servers
@pytest.mark.parametrize("name", NAMES)
def test_a_paused_server_runs_but_does_not_answer(servers: Servers, name: str) -> None:
    server = next(server for server in servers.all if server.name == name)
    assert server.answers()
    pid = server.pid
    server.pause()
    try:
        # The signal stops each thread at its next chance, and one of them may still answer.
        assert wait_until(lambda: not server.answers(), timeout=30)
        assert server.pid == pid
        with pytest.raises(NotAnsweringError, match=f"{name} at {server.address}"):
            server.wait_until_answering(timeout=0)
    finally:
        server.resume()
    server.wait_until_answering()
    assert server.pid == pid


@pytest.mark.servers
def test_starting_what_runs_changes_nothing(servers: Servers) -> None:
    before = [server.pid for server in servers.all]
    servers.start()
    assert [server.pid for server in servers.all] == before
    assert None not in before


@pytest.mark.servers
def test_the_environment_names_the_servers(servers: Servers) -> None:
    assert servers.environment() == {
        "CHAT_KAFKA_BOOTSTRAP_SERVERS": servers.kafka.address,
        "CHAT_CASSANDRA_CONTACT_POINTS": "127.0.0.1",
        "CHAT_CASSANDRA_PORT": str(servers.cassandra.port),
        "CHAT_REDIS_URL": f"redis://127.0.0.1:{servers.redis.port}/0",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_taken_port_is_named_with_its_server(tmp_path: Path, name: str) -> None:
    servers = Servers.for_tests(tmp_path)
    server = next(server for server in servers.all if server.name == name)
    for port in server.ports:
        with (
            socket.create_server((server.host, port)),
            pytest.raises(PortTakenError, match=f"{name} cannot start: .* port {port} of 127.0.0.1"),
        ):
            server.start()
        assert server.pid is None


@pytest.mark.servers
def test_a_server_that_ends_at_start_shows_its_log(tmp_path: Path) -> None:
    server = RedisServer(RedisSettings(tmp_path, host="192.0.2.1", port=free_port()))
    command = server.prepare()
    server._process.spawn(command, os.environ)
    with pytest.raises(ServerDiedError, match=r"(?s)redis ended, and its log .*192\.0\.2\.1"):
        server.wait_until_answering()


@pytest.mark.servers
def test_a_server_killed_by_others_is_seen_and_started_again(servers: Servers) -> None:
    pid = servers.redis.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: servers.redis.pid is None, timeout=30)
    assert not servers.redis.answers()
    servers.start()
    assert servers.redis.answers()
    assert servers.redis.pid != pid
