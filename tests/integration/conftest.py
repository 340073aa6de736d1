"""One set of real servers for the session, one pipeline of its own for each test."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cassandra.cluster import Session
from redis import Redis

from chat_tasks.settings import Settings
from chat_tasks.storage.session import connect
from stack.servers.one_of_each import Servers
from tests.pipeline.deployment import Deployment

_numbers = count(1)

Deploy = Callable[..., Deployment]


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
