"""What doctor finds: that all is well, and the cause of each trouble that an operator may have."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from redis import Redis

from bridge.commands.doctor.clocks import compare
from bridge.commands.doctor.finding import Status
from bridge.kafka.clients import base_config
from bridge.kafka.topics.configs import Property, alter_topic
from chat_tasks.formats.topics import encode_message
from chat_tasks.settings import Settings
from stack.processes.ports import free_port
from tests.integration.disruptions.test_upgrade import NEWER
from tests.integration.test_commands import chat_tasks
from tests.integration.test_hostile_input import send_batch
from tests.integration.topics.test_remedies import create, delete
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment

pytestmark = pytest.mark.servers

Found = dict[str, list[dict[str, Any]]]


def doctor(deployment: Deployment, **environment: str) -> tuple[int, Found]:
    """The exit code, and the findings by check."""
    asked = Deployment(deployment.settings, {**deployment.environment, **environment}, deployment.folder)
    ended = chat_tasks(asked, "doctor", "--json")
    assert ended.stderr == ""
    found: Found = {}
    for finding in orjson.loads(ended.stdout):
        found.setdefault(finding["check"], []).append(finding)
    return ended.returncode, found


def troubles(found: Found) -> dict[str, list[str]]:
    """What is neither well nor unknown, by check."""
    return {
        check: [one["detail"] for one in findings if one["status"] in ("warning", "failure")]
        for check, findings in found.items()
        if any(one["status"] in ("warning", "failure") for one in findings)
    }


def has(found: Found, check: str, status: str, *parts: str) -> bool:
    """Whether the check has a finding of that status with all of these parts, and a remedy."""
    return any(
        one["status"] == status and one["remedy"] and all(part in one["detail"] for part in parts)
        for one in found[check]
    )


@contextmanager
def beating(settings: Settings, *keys: str) -> Iterator[None]:
    """Dispatchers of other machines, as Redis sees them."""
    ended = threading.Event()

    def beat() -> None:
        with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
            while not ended.wait(0.05):
                for key in keys:
                    redis.incr(key)

    thread = threading.Thread(target=beat)
    thread.start()
    yield
    ended.set()
    thread.join()


def test_the_cause_of_each_trouble_is_named(deploy: Deploy) -> None:
    # A process that finds its name taken waits for as long as a session.
    deployment = deploy(max_batch_bytes=20_000_000, session_timeout=100)
    settings = deployment.settings
    other = deploy(redis_url=settings.redis_url.get_secret_value())
    ingest, dispatch, worker = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(30, 5)
    send(settings, messages)
    read_outputs(settings, messages)

    code, found = doctor(deployment)
    assert (code, troubles(found)) == (0, {})

    # Of processes.
    [stray] = other.start("worker.2")
    [newer] = deployment.start("worker.3", launcher=NEWER)
    namesake = deployment.spawn("dispatch.1")
    namesake.wait_for_line("is at work in group")
    # Of topics and their records: a batch that unpacks to too much, and an old transaction of somebody else.
    ingest.kill()
    send_batch(settings, settings.message_topic, 0, [b"0" * 1_000_000 for _ in range(40)])
    foreign = Producer({**base_config(settings), "transactional.id": "foreign"})
    foreign.init_transactions()
    foreign.begin_transaction()
    an_hour_ago = int((time.time() - 3600) * 1000)
    foreign.produce(settings.message_topic, encode_message(messages[0]), partition=1, timestamp=an_hour_ago)
    foreign.produce(settings.message_topic, encode_message(messages[0]), partition=2, timestamp=an_hour_ago)
    assert foreign.flush(PATIENCE_SECONDS) == 0
    alter_topic(AdminClient(base_config(settings)), settings.log_topic, {"retention.ms": Property("1000000000")})
    foreign_beats = (f"chat:heartbeat:{name}:1" for name in ("dispatch.1", "dispatch.9"))
    with beating(settings, *foreign_beats):
        code, found = doctor(deployment, CHAT_QUEUES="3")
    assert code == 2
    assert has(found, "workers", "failure", "worker.2@test is a worker of keyspace", other.settings.cassandra_keyspace)
    assert has(found, "workers", "failure", "worker.3@test is of another version: it knows tasks of version 3")
    assert has(found, "workers", "failure", "queue chat.02: 0 tasks wait, and no worker takes any")
    assert has(found, "instance names", "warning", "dispatch.1 is used twice: another process of this machine waits")
    assert has(found, "dispatchers", "warning", "dispatch.1 is used twice: 2 dispatchers")
    assert has(found, "dispatchers", "warning", "a dispatcher dispatch.9 is at work", "is no member of group")
    unreadable = f"{settings.message_topic}[0] cannot be read from offset "
    assert has(found, "ingest", "warning", unreadable, "_BAD_COMPRESSION")
    assert has(found, "transactions", "failure", f"an open transaction of a producer holds {settings.message_topic}[1]")
    assert has(found, "topics", "failure", f"{settings.log_topic} must have retention.ms=-1")
    ok_too = {"kafka", "cassandra", "redis", "stored settings", "tables", "task key", "brokers", "positions", "tasks"}
    assert not ok_too & troubles(found).keys()

    foreign.abort_transaction()
    for process in (dispatch, worker, stray, newer, namesake):
        process.kill()
    admin = AdminClient(base_config(settings))
    delete(admin, settings.output_topic)
    create(admin, settings.output_topic, 2)
    _, found = doctor(deployment)
    assert has(found, "topics", "failure", f"{settings.output_topic} needs 3 partitions and has 2")
    assert has(found, "workers", "failure", "no worker answers")


def test_a_server_that_is_away_hides_nothing_of_the_others(deploy: Deploy) -> None:
    deployment = deploy()
    closed = str(free_port())
    astray = {
        "kafka": {"CHAT_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{closed}"},
        "cassandra": {"CHAT_CASSANDRA_PORT": closed},
        "redis": {"CHAT_REDIS_URL": f"redis://127.0.0.1:{closed}/0"},
    }
    for server, environment in astray.items():
        code, found = doctor(deployment, **environment)
        assert code == 2
        assert has(found, server, "failure", closed, "efused")
        for other in astray.keys() - {server}:
            assert {one["status"] for one in found[other]} == {"ok"}
        for check in ("topics", "stored settings", "queue names"):
            [status] = {one["status"] for one in found[check]}
            asked = {"topics": "kafka", "stored settings": "cassandra", "queue names": "redis"}[check]
            assert status == ("unknown" if asked == server else "ok"), check
        assert all(one["status"] == "failure" for one in found[server])

    wrong = settings_url(deployment.settings, "nobody:secret-1")
    code, found = doctor(deployment, CHAT_REDIS_URL=wrong)
    assert has(found, "redis", "failure", "CHAT_REDIS_URL has a wrong password or user")
    assert "secret-1" not in str(found)

    shown = chat_tasks(deployment, "doctor")
    assert shown.returncode == 2
    lines = shown.stdout.splitlines()
    assert f"✗ ingest: no process is a member of group {deployment.settings.ingest_group}, nothing waits" in lines
    assert lines[lines.index("✗ workers: no worker answers") + 1].startswith("    → start workers")


def settings_url(settings: Settings, user: str) -> str:
    return settings.redis_url.get_secret_value().replace("redis://", f"redis://{user}@")


@pytest.mark.parametrize(
    ("ahead", "status"), [(-1.6, Status.WARNING), (-0.9, Status.OK), (0.9, Status.OK), (1.6, Status.WARNING)]
)
def test_a_clock_is_wrong_if_the_time_of_the_question_does_not_explain_it(ahead: float, status: Status) -> None:
    # The answer takes a second.
    ours = iter((100.0, 101.0))
    found = compare(lambda: 100.5 + ahead, lambda: next(ours))
    assert found.status is status
    slow = iter((100.0, 105.0))
    assert compare(lambda: 102.5 + ahead, lambda: next(slow)).status is Status.OK
