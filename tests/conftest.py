"""How hypothesis runs, and the servers and pipelines that tests share.

On a shared machine time says nothing, and in CI hypothesis runs the same examples every time. There is one set of real
servers for the session, and a pipeline of its own for each test.
"""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cassandra.cluster import Session
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis import Redis

from chat_tasks.settings import Settings
from chat_tasks.storage.session import connect
from stack.isolation import ignore_settings
from stack.servers.one_of_each import Servers
from tests.pipeline.deployment import Deploy, Deployment

ignore_settings()

hypothesis_settings.register_profile(
    "chat-tasks", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("chat-tasks")

# A helper's failed assertion shall say as much as a test's own.
pytest.register_assert_rewrite("tests.pipeline.conversation", "tests.chaos.run.run")

_numbers = count(1)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Kafka, Cassandra and Redis, on ports of their own."""
    with Servers.for_tests(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@pytest.fixture
def deploy(servers: Servers, tmp_path: Path) -> Iterator[Deploy]:
    """Make a pipeline with the settings given, `init` done; at the end all its processes must have behaved."""
    deployments: list[Deployment] = []

    def make(**chosen: Any) -> Deployment:
        deployment = Deployment.on(servers, next(_numbers), tmp_path, **chosen)
        deployments.append(deployment)
        with Redis.from_url(deployment.settings.redis_url) as redis:
            redis.flushdb()
        deployment.initialise()
        return deployment

    yield make
    complaints = [complaint for deployment in deployments for complaint in deployment.end()]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def cassandra(servers: Servers) -> Iterator[Session]:
    """A session of the test's own."""
    session = connect(Settings(cassandra_port=servers.cassandra_port))
    yield session
    session.cluster.shutdown()
