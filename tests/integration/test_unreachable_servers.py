"""A server that cannot be reached is one line with its name and the cause; bridges and workers go on trying."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from stack.home import jars_folder
from stack.processes.ports import free_port
from stack.servers.kafka import KafkaBroker, KafkaSettings
from stack.servers.redis import RedisServer, RedisSettings
from tests.integration.test_commands import chat_tasks
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment

pytestmark = pytest.mark.servers

UNKNOWN = "nobody.invalid"
CLOSED = str(free_port())


def refused(deployment: Deployment, *arguments: str, **environment: str) -> str:
    """The one line with which a command ends."""
    deployment.environment = {**deployment.environment, **environment}
    ended = chat_tasks(deployment, *arguments)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("environment", "arguments", "cause"),
    [
        (
            {"CHAT_CASSANDRA_CONTACT_POINTS": UNKNOWN},
            ("init",),
            f"Cassandra: CHAT_CASSANDRA_CONTACT_POINTS: unknown host: {UNKNOWN}",
        ),
        (
            {"CHAT_CASSANDRA_PORT": CLOSED},
            ("quarantine", "show"),
            f"no Cassandra node answers (127.0.0.1:{CLOSED}: ConnectionRefusedError: ",
        ),
        (
            {"CHAT_CASSANDRA_LOCAL_DATACENTER": "nowhere"},
            ("init",),
            "CHAT_CASSANDRA_LOCAL_DATACENTER is nowhere here, but Cassandra's nodes are in datacenter1",
        ),
        (
            {"CHAT_KAFKA_BOOTSTRAP_SERVERS": f"{UNKNOWN}:9092"},
            ("send", "abc", "hello"),
            f"Kafka: unknown host: {UNKNOWN}:9092/bootstrap: Failed to resolve '{UNKNOWN}:9092': ",
        ),
        (
            {"CHAT_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{CLOSED}"},
            ("send", "abc", "hello"),
            f"(127.0.0.1:{CLOSED}/bootstrap: Connect to ipv4#127.0.0.1:{CLOSED} failed: Connection refused)",
        ),
    ],
    ids=["Cassandra's name", "Cassandra's port", "data centre", "Kafka's name", "Kafka's port"],
)
def test_a_command_says_in_one_line_which_server_it_cannot_reach_and_why(
    deploy: Deploy, environment: dict[str, str], arguments: tuple[str, ...], cause: str
) -> None:
    line = refused(deploy(), *arguments, **environment)
    assert line.startswith("chat-tasks: ")
    assert cause in line


def test_bridges_and_workers_that_do_not_find_cassandra_say_so_and_go_on(deploy: Deploy) -> None:
    deployment = deploy()
    astray = {"CHAT_CASSANDRA_CONTACT_POINTS": UNKNOWN}
    reason = f"Cassandra: CHAT_CASSANDRA_CONTACT_POINTS: unknown host: {UNKNOWN}"
    bridges = [deployment.spawn(name, **astray) for name in ("ingest.7", "dispatch.7")]
    elsewhere = deployment.spawn("dispatch.8", CHAT_CASSANDRA_LOCAL_DATACENTER="nowhere")
    deployment.start("ingest.1", "dispatch.1")
    worker = deployment.spawn("worker.1", **astray)
    messages = some_messages(10, 2)
    send(deployment.settings, messages)
    worker.wait_for_line(f"a task was not started: {reason}")
    for bridge in bridges:
        bridge.wait_for_line(f"starting again: {reason}")
        assert bridge.runs
    elsewhere.wait_for_line("CHAT_CASSANDRA_LOCAL_DATACENTER is nowhere here, but Cassandra's nodes are in datacenter1")
    assert elsewhere.popen.wait(PATIENCE_SECONDS) == 2

    worker.stop()
    deployment.start("worker.2")
    read_outputs(deployment.settings, messages)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A Kafka of the test's own."""
    settings = KafkaSettings(tmp_path / "kafka", port=free_port(), controller_port=free_port(), profile="fast_start")
    broker = KafkaBroker(settings, jars_folder())
    broker.start()
    broker.wait_until_answering()
    yield broker
    broker.stop()


def test_a_broker_that_advertises_a_name_that_nobody_knows_is_named(deploy: Deploy, broker: KafkaBroker) -> None:
    deployment = deploy(kafka_bootstrap_servers=broker.address)
    broker.stop()
    misleading = KafkaBroker(replace(broker.settings, advertised_host="broker.invalid"), jars_folder())
    misleading.start()
    try:
        misleading.wait_until_answering()
        cause = f"broker.invalid:{broker.port}/1: Failed to resolve 'broker.invalid:{broker.port}': "
        bridges = [deployment.spawn(name) for name in ("ingest.1", "dispatch.1")]
        assert cause in refused(deployment, "init")
        for bridge in bridges:
            bridge.wait_for_line(f"Kafka: unknown host: {cause}")
            assert bridge.runs
    finally:
        misleading.stop()
    broker.start()
    broker.wait_until_answering()
    for bridge in bridges:
        bridge.wait_for_line("assigned ")


def test_a_redis_that_refuses_the_password_is_named_without_it(deploy: Deploy, tmp_path: Path) -> None:
    redis = RedisServer(RedisSettings(tmp_path / "redis", port=free_port()))
    redis.start()
    try:
        redis.wait_until_answering()
        with Redis.from_url(redis.url) as client:
            client.config_set("requirepass", "right")
        wrong = {"CHAT_REDIS_URL": redis.url.replace("redis://", "redis://:wrong@")}
        deployment = deploy()
        dispatch, worker = (deployment.spawn(name, **wrong) for name in ("dispatch.1", "worker.1"))
        dispatch.wait_for_line(
            f"Redis: {redis.address} denies default: AuthenticationError: invalid username-password pair"
        )
        worker.wait_for_line(
            f"Cannot connect to redis://:**@{redis.address}/0: AuthenticationError: invalid username-password pair"
        )
        assert "wrong@" not in dispatch.log + worker.log
    finally:
        redis.stop()
