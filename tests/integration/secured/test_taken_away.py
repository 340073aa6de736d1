"""Denied is not away: one line says who may not do what, and no process ends because of it."""

import os
import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from redis import Redis

from chat_tasks.settings import Settings
from stack.security.certificates import Certificates
from stack.security.kafka_permissions import KafkaPermission, forbid, permit
from stack.servers.secured import SecuredServers
from tests.pipeline.conversation import read_outputs, send, some_messages
from tests.pipeline.deployment import SCRIPTS
from tests.pipeline.secured import SecuredDeployment

pytestmark = pytest.mark.servers

WRONG = "wrong-secret"


@pytest.fixture
def deployment(pipeline: SecuredDeployment) -> SecuredDeployment:
    """The pipeline of this folder. What is denied here is in the servers' logs: the other tests have to be over."""
    return pipeline


def started(environment: Mapping[str, str], *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        (SCRIPTS / command[0], *command[1:]),
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_six_wrong_credentials_give_six_lines(deployment: SecuredDeployment, secured_servers: SecuredServers) -> None:
    wrong = deployment.folder / "wrong"
    wrong.write_text(WRONG)
    authority = str(Certificates(deployment.folder / "others").authority)
    Certificates(deployment.folder / "others").client("nobody")
    url = deployment.folder / "url"
    redis_address = secured_servers.redis_tls.address
    url.write_text(f"rediss://chat_worker:{WRONG}@{redis_address}/0")
    base = deployment.environment
    tools = {**base, **secured_servers.environment_of("chat_tools")}
    init = {**base, **secured_servers.environment_of("chat_init")}
    kafka, cassandra = secured_servers.kafka.address, secured_servers.cassandra.address
    commands = {
        rf"Kafka denies chat_tools: \S*{kafka}\S*: SASL authentication error: .*invalid credentials.*SCRAM-SHA-512": (
            started({**tools, "CHAT_KAFKA_SASL_PASSWORD_FILE": str(wrong)}, "chat-tasks", "send", "abc", "hi")
        ),
        # On a busy machine the message's time may be over before the client says more than what OpenSSL says.
        rf"Kafka: .*{kafka}\S*: .*certificate verify failed.*": (
            started({**tools, "CHAT_KAFKA_SSL_CA_LOCATION": authority}, "chat-tasks", "send", "abc", "hi")
        ),
        rf"Cassandra denies: {cassandra}: AuthenticationFailed: .*username chat_init and/or password are incorrect": (
            started({**init, "CHAT_CASSANDRA_PASSWORD_FILE": str(wrong)}, "chat-tasks", "init")
        ),
        rf"no Cassandra node answers \({cassandra}: .*CERTIFICATE_VERIFY_FAILED.*\)": (
            started({**init, "CHAT_CASSANDRA_CA_LOCATION": authority}, "chat-tasks", "init")
        ),
    }
    workers = {
        f"Cannot connect to rediss://chat_worker:**@{redis_address}/0: AuthenticationError: ": deployment.spawn(
            "worker.1", CHAT_REDIS_URL_FILE=str(url)
        ),
        "CERTIFICATE_VERIFY_FAILED": deployment.spawn("worker.2", CHAT_REDIS_CA_LOCATION=authority),
    }
    for line, command in commands.items():
        printed, _ = command.communicate(timeout=120)
        assert re.fullmatch(rf"chat-tasks: {line}\n", printed), printed
        assert command.returncode == 2
        assert WRONG not in printed
    for line, worker in workers.items():
        worker.wait_for_line(line)
        [said] = [one for one in worker.log.splitlines() if line in one]
        assert redis_address in said
        assert WRONG not in worker.log


def test_what_is_taken_away_is_said_and_what_is_given_back_goes_on(
    deployment: SecuredDeployment, secured_servers: SecuredServers
) -> None:
    ingest, dispatch, worker = processes = deployment.start("ingest.1", "dispatch.1", "worker.1")
    settings, sent = deployment.settings, some_messages(20, 5, tag="before")
    send(settings, sent)
    read_outputs(settings, sent)

    admin = AdminClient(secured_servers.kafka.client())
    write = KafkaPermission("chat_ingest", "topic", "conversation_log", "Write")
    forbid(admin, write)
    sent += more(settings, "kafka")
    ingest.wait_for_line("Kafka denies chat_ingest: WRITE of topic conversation_log (TOPIC_AUTHORIZATION_FAILED")
    permit(admin, [write])
    read_outputs(settings, sent)

    table = "TABLE chat.messages"
    with secured_servers.administration() as session:
        session.execute(f"REVOKE MODIFY ON {table} FROM chat_worker")
        sent += more(settings, "cassandra")
        dispatch.wait_for_line("Cassandra denies: Unauthorized: User chat_worker has no MODIFY permission")
        session.execute(f"GRANT MODIFY ON {table} TO chat_worker")
        read_outputs(settings, sent)

    name, password = "chat_admin", secured_servers.passwords.of("chat_admin")
    with Redis("127.0.0.1", secured_servers.redis.port, username=name, password=password) as redis:
        redis.execute_command("ACL", "SETUSER", "chat_worker", "-brpop")
        redis.execute_command("ACL", "SETUSER", "chat_dispatch", "-lpush")
        sent += more(settings, "redis")
        dispatch.wait_for_line("denies chat_dispatch: NoPermissionError: ")
        worker.wait_for_line("User chat_worker has no permissions to run the 'brpop' command")
        redis.execute_command("ACL", "SETUSER", "chat_dispatch", "+lpush")
        redis.execute_command("ACL", "SETUSER", "chat_worker", "+brpop")
        read_outputs(settings, sent)
    assert all(process.runs for process in processes)


def more(settings: Settings, tag: str) -> list[Any]:
    messages = some_messages(20, 5, tag=tag)
    send(settings, messages)
    return messages
