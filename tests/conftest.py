"""How hypothesis runs, and the servers and pipelines that tests share.

On a shared machine time says nothing, and in CI hypothesis runs the same examples every time. There is one set of real
servers for the session, and a pipeline of its own for each test. `make test` runs three such sessions side by side, by
pytest-xdist: while one waits for a time-out, the other works.
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
from stack.isolation import ignore_settings
from stack.processes import ports
from stack.servers.one_of_each import Servers
from tests.pipeline.deployment import Deploy, Deployment
from tests.pipeline.own_session import own_session
from tests.side_by_side import FilesTogether

ignore_settings()

hypothesis_settings.register_profile(
    "chat-tasks", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("chat-tasks")

# A helper's failed assertion shall say as much as a test's own.
pytest.register_assert_rewrite("tests.pipeline.conversation", "tests.chaos.run.run")

# Sessions side by side have ports of their own: one could get a port that another has chosen, and not opened yet.
_SESSION = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
ports.TEST_PORTS = ports.TEST_PORTS[_SESSION :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]

_numbers = count(1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """Hand out whole files."""
    return FilesTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files that take minutes first, and those without servers last: sessions side by side end together then."""
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("long", "servers")])


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
        with Redis.from_url(deployment.settings.redis_url.get_secret_value()) as redis:
            redis.flushdb()
        deployment.initialise()
        return deployment

    yield make
    complaints = [complaint for deployment in deployments for complaint in deployment.end()]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def cassandra(servers: Servers) -> Iterator[Session]:
    """A session of the test's own."""
    with own_session(Settings(cassandra_port=servers.cassandra_port)) as session:
        yield session
