"""The pipeline on a real Redis, where one is installed; everywhere else in the tests Valkey takes its place."""

import shutil
from pathlib import Path

import pytest
from redis import Redis

from stack.processes.ports import free_port
from stack.servers.redis import RedisServer, RedisSettings
from tests.pipeline.conversation import read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

BINARY = shutil.which("redis-server")


@pytest.mark.skipif(BINARY is None, reason="no redis-server is installed")
def test_messages_flow_through_redis_and_its_loss(deploy: Deploy, tmp_path: Path) -> None:
    server = RedisServer(RedisSettings(tmp_path / "redis", port=free_port(), binary=Path(str(BINARY))))
    server.start()
    try:
        server.wait_until_answering()
        with Redis.from_url(server.url) as redis:
            assert "valkey_version" not in redis.info("server")
        deployment = deploy(redis_url=server.url)
        deployment.start("ingest.1", "dispatch.1", "worker.1")
        first, second = some_messages(500, 50, seed=1), some_messages(500, 50, seed=2)
        send(deployment.settings, first)
        read_outputs(deployment.settings, first)
        server.kill()
        send(deployment.settings, second)
        server.start()
        server.wait_until_answering()
        read_outputs(deployment.settings, [*first, *second])
        assert list(deployment.end()) == []
    finally:
        server.stop()
