"""The local Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis

if TYPE_CHECKING:
    from stack.servers.one_of_each import Servers


@pytest.mark.servers
def test_redis_keeps_nothing_and_evicts_nothing(servers: Servers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("key", "value")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("save") == {"save": ""}
    servers.redis.stop()
    servers.start()
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.get("key") is None
