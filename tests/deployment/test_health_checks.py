"""The health checks of docker-compose.yml, run as the engine would, against what they ask."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from stack.home import jars_folder
from stack.processes.ports import free_port
from stack.servers.kafka import KafkaBroker, KafkaSettings
from stack.servers.redis import RedisServer, RedisSettings
from stack.waiting import wait_until
from tests.deployment.conftest import Service
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

PATIENCE_SECONDS = 300.0


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of these tests' own."""
    server = RedisServer(RedisSettings(tmp_path_factory.mktemp("redis"), port=free_port()))
    server.start()
    server.wait_until_answering()
    yield server
    server.stop()


@pytest.fixture
def environment(redis: RedisServer) -> Mapping[str, str]:
    """What a container of ours finds, with the programs of this virtual environment."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": programs, "CHAT_REDIS_URL": redis.url, "HOSTNAME": socket.gethostname()}


def is_healthy(service: Service, environment: Mapping[str, str], **replaced: str) -> bool:
    kind, *command = [part.replace("$$", "$") for part in service["healthcheck"]["test"]]
    if kind == "CMD-SHELL":
        command = ["sh", "-c", *command]
    for old, new in replaced.items():
        assert any(old.removeprefix("port_") in part for part in command)
        command = [part.replace(old.removeprefix("port_"), new) for part in command]
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=300).returncode == 0


def run(service: Service, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        command = [part.replace("$$", "$") for part in service["command"]]
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)


def test_a_broker_is_healthy_while_it_takes_requests(services: dict[str, Service], tmp_path: Path) -> None:
    settings = KafkaSettings(tmp_path, port=free_port(), controller_port=free_port(), profile="fast_start")
    broker = KafkaBroker(settings, jars_folder())
    port = str(settings.port)
    assert not is_healthy(services["kafka-1"], os.environ, port_9092=port)
    broker.start()
    try:
        broker.wait_until_answering()
        assert is_healthy(services["kafka-1"], os.environ, port_9092=port)
    finally:
        broker.stop()
    assert not is_healthy(services["kafka-1"], os.environ, port_9092=port)


@pytest.mark.parametrize("name", ["ingest", "dispatch", "worker"])
def test_a_process_is_healthy_while_it_works(
    deploy: Deploy, services: dict[str, Service], environment: Mapping[str, str], tmp_path: Path, name: str
) -> None:
    at = {"CHAT_HTTP_PORT": str(free_port()), "CHAT_HTTP_HOST": "0.0.0.0"}
    service, log = services[name], tmp_path / f"{name}.log"
    environment = {**environment, **deploy().environment, **at}
    assert not is_healthy(service, environment)
    process = run(service, environment, log)
    try:
        assert wait_until(lambda: is_healthy(service, environment), PATIENCE_SECONDS), log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not is_healthy(service, environment)


def test_flower_is_healthy_while_it_serves(
    services: dict[str, Service], environment: Mapping[str, str], tmp_path: Path
) -> None:
    port, log = str(free_port()), tmp_path / "flower.log"
    service = {**services["flower"], "command": [part.replace("5555", port) for part in services["flower"]["command"]]}
    assert not is_healthy(service, environment, port_5555=port)
    flower = run(service, {**environment, "FLOWER_BASIC_AUTH": "me:secret"}, log)
    try:
        assert wait_until(lambda: is_healthy(service, environment, port_5555=port), PATIENCE_SECONDS), log.read_text()
    finally:
        flower.terminate()
        flower.wait(PATIENCE_SECONDS)


def test_the_console_is_healthy_while_it_serves(
    services: dict[str, Service], environment: Mapping[str, str], tmp_path: Path
) -> None:
    port, log = str(free_port()), tmp_path / "console.log"
    service = services["console"]
    of_console = ("CHAT_CONSOLE_HOST", "CHAT_CONSOLE_NAMES")
    given = {name: service["environment"][name] for name in of_console}
    assert not is_healthy(service, environment, port_15556=port)
    password = {"CHAT_CONSOLE_OPERATOR_PASSWORD": "secret", "CHAT_CONSOLE_PORT": port}
    console = run(service, {**environment, **given, **password}, log)
    try:
        assert wait_until(lambda: is_healthy(service, environment, port_15556=port), PATIENCE_SECONDS), log.read_text()
    finally:
        console.terminate()
        console.wait(PATIENCE_SECONDS)
