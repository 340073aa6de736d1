"""A server that has ended is started again, after a pause that grows while it ends again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.development.keep_servers import KeptServer
from stack.processes.ports import free_port
from stack.servers.redis import RedisServer, RedisSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.servers
def test_a_killed_server_comes_back_after_a_pause_and_is_told(tmp_path: Path) -> None:
    server = RedisServer(RedisSettings(tmp_path, port=free_port()))
    said: list[str] = []
    kept = KeptServer(server, said.append)
    try:
        server.start()
        server.wait_until_answering()
        kept.look(1_000.0)
        assert said == []

        server.kill()
        kept.look(1_001.0)
        assert server.pid is None
        kept.look(1_001.1)
        assert server.pid is None
        kept.look(1_001.6)
        server.wait_until_answering()
        assert len(said) == 1
        assert said[0].startswith("redis has ended, and is started again in 0.")

        server.kill()
        kept.look(1_002.0)
        kept.look(1_002.5)
        assert server.pid is None, "the second pause is as short as the first"
        kept.look(1_003.1)
        server.wait_until_answering()
    finally:
        server.stop()
