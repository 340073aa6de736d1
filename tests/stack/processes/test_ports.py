"""Picking free ports."""

from __future__ import annotations

import socket

from stack.processes.ports import TEST_PORTS, free_port, is_free


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not is_free("127.0.0.1", port)
    assert is_free("127.0.0.1", port)


def test_a_listener_on_every_address_takes_the_port_of_each() -> None:
    with socket.create_server(("", 0)) as listener:
        assert not is_free("127.0.0.1", listener.getsockname()[1])


def test_no_port_is_handed_out_twice() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    assert set(ports) <= set(TEST_PORTS)
