"""Whatever is restarted, killed or wiped: every message once, in order.

`make test` does all of it at once in tests/chaos/test_chaos.py, so that most of these are for who looks for the fault.
"""

import os
import signal
import threading
from collections.abc import Callable

import pytest
from redis import Redis

from chat_tasks.settings import Settings
from stack.processes.server_process import ServerProcess
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment, Process
from tests.pipeline.own_session import own_session

pytestmark = pytest.mark.servers

ROUNDS = 4


def keep_sending(settings: Settings, between: Callable[[int], None]) -> None:
    """Send in rounds, with something happening while the messages of each are under way."""
    rounds = [some_messages(1500, 60, seed=seed) for seed in range(ROUNDS)]
    for number, messages in enumerate(rounds):
        sender = threading.Thread(target=send, args=(settings, messages))
        sender.start()
        between(number)
        sender.join()
    found = read_outputs(settings, [message for messages in rounds for message in messages])
    with own_session(settings) as session:
        assert_rows_match(session, settings, found)


@pytest.mark.chaos
@pytest.mark.parametrize("end", [Process.stop, Process.kill], ids=["stopped", "killed"])
@pytest.mark.parametrize("victim", ["ingest.1", "dispatch.1", "worker.1"])
def test_a_process_restarted_again_and_again(deploy: Deploy, victim: str, end: Callable[[Process], object]) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1")

    def restart(_: int) -> None:
        [running] = [process for process in deployment.processes if process.name == victim and process.runs]
        end(running)
        deployment.start(victim)

    keep_sending(deployment.settings, restart)


@pytest.mark.chaos
@pytest.mark.parametrize("kind", ["ingest", "dispatch"])
def test_a_bridge_paused_until_others_have_its_partitions_is_a_harmless_zombie(deploy: Deploy, kind: str) -> None:
    deployment = deploy(session_timeout=6)
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    [paused, heir] = [*deployment.start(f"{kind}.2"), *deployment.start(f"{kind}.3")]

    def pause(number: int) -> None:
        if number == 1:
            assignments = heir.log.count("assigned ")
            os.kill(paused.popen.pid, signal.SIGSTOP)
            assert wait_until(lambda: heir.log.count("assigned ") > assignments, PATIENCE_SECONDS)
        if number == 2:
            os.kill(paused.popen.pid, signal.SIGCONT)

    keep_sending(deployment.settings, pause)
    assert paused.runs


@pytest.mark.chaos
def test_redis_flushed(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1", "worker.2")

    def flush(_: int) -> None:
        with Redis.from_url(deployment.settings.redis_url.get_secret_value()) as redis:
            redis.flushall()

    keep_sending(deployment.settings, flush)


@pytest.mark.chaos
def test_redis_killed_and_started_empty(deploy: Deploy, servers: Servers) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1", "worker.2")

    def restart(_: int) -> None:
        servers.redis.kill()
        servers.redis.start()
        servers.redis.wait_until_answering()

    keep_sending(deployment.settings, restart)


@pytest.mark.chaos
def test_kafka_killed(deploy: Deploy, servers: Servers) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1")

    def restart(number: int) -> None:
        if number == 1:
            servers.kafka.kill()
            servers.kafka.start()
            servers.kafka.wait_until_answering()

    keep_sending(deployment.settings, restart)


@pytest.mark.chaos
def test_cassandra_killed_forgets_rows_and_they_are_written_again(deploy: Deploy, servers: Servers) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1")

    def restart(number: int) -> None:
        if number == 1:
            servers.cassandra.kill()
            servers.cassandra.start()
            servers.cassandra.wait_until_answering()

    keep_sending(deployment.settings, restart)


@pytest.mark.parametrize(
    ("server", "complaint"),
    [("redis", "all tasks in flight are taken for lost"), ("cassandra", "OperationTimedOut")],
)
def test_a_server_paused_until_dispatch_complains(
    deploy: Deploy, servers: Servers, server: str, complaint: str
) -> None:
    deployment = deploy()
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    paused: ServerProcess = getattr(servers, server)

    def pause(number: int) -> None:
        if number == 1:
            paused.pause()
            dispatch.wait_for_line(complaint)
            paused.resume()

    keep_sending(deployment.settings, pause)


def test_a_second_signal_ends_a_process_at_once(deploy: Deploy) -> None:
    deployment: Deployment = deploy()
    [process] = deployment.start("dispatch.1")
    process.popen.terminate()
    process.popen.terminate()
    assert process.popen.wait(PATIENCE_SECONDS) in {0, 143}
