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

    from stack.security.redis_security import RedisSecurity


@dataclass(frozen=True)
class RedisSettings:
    """Where one Redis listens and keeps its files. `binary` is its program; Valkey's if not given.

    With `security` only the users of its list are let in.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 16379
    binary: Path | None = None
    security: RedisSecurity | None = None


class RedisServer(ServerProcess):
    """One Redis without persistence: nothing may depend on what it held before a restart."""

    def __init__(self, settings: RedisSettings) -> None:
        super().__init__("redis", settings.folder, settings.host, settings.port)
        self._binary = settings.binary
        self._security = settings.security

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
        if self._security is not None:
            options["aclfile"] = str(self._security.write_list(self.folder))
        binary = self._binary or find_redis_server()
        return [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def answers(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def client(self, *, timeout: float | None = 1.0) -> redis.Redis:
        """A connection of one who may do everything; `timeout` is for each answer, in seconds."""
        once = Retry(NoBackoff(), 0)
        name, password = (None, None) if self._security is None else self._security.login()
        return redis.Redis(
            self.host,
            self.port,
            username=name,
            password=password,
            socket_timeout=timeout,
            socket_connect_timeout=1.0,
            retry=once,
        )
