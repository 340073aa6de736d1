"""Ports on loopback addresses: picking free ones and noticing taken ones."""

from __future__ import annotations

import os
import random
import socket

# Below the ranges from which Linux (32768 and up) and macOS (49152 and up) take the ports of outgoing connections:
# a server that is killed and started again must find its port still free.
TEST_PORTS = range(20_000, 32_000)

_handed_out: set[tuple[str, int]] = set()


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on `host`:`port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on at `host`, and that this process has not handed out before.

    Picked at random, so that test runs on one machine rarely meet. Sessions of one run never do: one would take the
    port of a server that another has killed and is going to start again. Raises `RuntimeError` when all are taken.
    """
    ports = _ports_of_this_session()
    for port in random.sample(ports, len(ports)):
        if (host, port) not in _handed_out and is_free(host, port):
            _handed_out.add((host, port))
            return port
    raise RuntimeError(f"no free port at {host} between {TEST_PORTS.start} and {TEST_PORTS.stop - 1}")


def _ports_of_this_session() -> range:
    """Every third port if pytest-xdist runs three sessions, and so on; their child processes get its variables too."""
    session = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return TEST_PORTS[int(session) :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
