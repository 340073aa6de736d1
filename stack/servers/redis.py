"""A local Redis server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from stack.fetch.redis_server import find_redis_server
from stack.processes.server_process import ServerProcess

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class RedisSettings:
    """Where one Redis listens and keeps its files. `binary` is its program; Valkey's if not given."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 16379
    binary: Path | None = None


class RedisServer(ServerProcess):
    """One Redis without persistence: nothing may depend on what it held before a restart."""

    def __init__(self, settings: RedisSettings) -> None:
        super().__init__("redis", settings.folder, settings.host, settings.port)
        self._binary = settings.binary

    @property
    def url(self) -> str:
        """The URL of database 0."""
        return f"redis://{self.address}/0"

    def prepare(self) -> list[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = {
            "bind": self.host,
            "port": str(self.port),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            # Tests make it load its data anew, for which Redis 7 and Valkey want leave.
            "enable-debug-command": "local",
        }
        binary = self._binary or find_redis_server()
        return [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def answers(self) -> bool:
        once = Retry(NoBackoff(), 0)
        client = redis.Redis(self.host, self.port, socket_timeout=1.0, socket_connect_timeout=1.0, retry=once)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
