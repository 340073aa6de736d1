"""A connection to Cassandra that is closed while it is made."""

from __future__ import annotations

import socket
import threading

import pytest
from cassandra.connection import ConnectionShutdown, DefaultEndPoint

from chat_tasks.storage.session import PromptConnection


def test_it_is_not_waited_for_once_the_server_has_closed_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_and_close() -> None:
            accepted, _ = server.accept()
            accepted.recv(9)
            accepted.close()

        closing = threading.Thread(target=take_and_close)
        closing.start()
        PromptConnection.initialize_reactor()
        # The driver's own would raise OperationTimedOut.
        with pytest.raises(ConnectionShutdown, match="while it was made"):
            PromptConnection.factory(DefaultEndPoint(*server.getsockname()), 20)
        closing.join()
