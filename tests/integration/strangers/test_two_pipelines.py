"""Two pipelines with one Redis database: neither does the other's work, nor what another one has left there."""

from contextlib import suppress
from types import SimpleNamespace
from uuid import uuid4

import pytest
from cassandra.cluster import Session
from redis import Redis

from chat_tasks.errors import ConfigurationError, NotOurs
from chat_tasks.settings import Settings
from chat_tasks.storage import task_keys
from chat_tasks.storage.task_keys import KNOWN_SECONDS, read_seal, store_task_key
from chat_tasks.worker.remote_control.control import control_app
from stack.waiting import wait_until
from tests.integration.strangers.queued import queued_task
from tests.pipeline.conversation import (
    PATIENCE_SECONDS,
    assert_rows_match,
    read_outputs,
    send,
    some_messages,
    stored_rows,
)
from tests.pipeline.deployment import Deploy, Process

pytestmark = pytest.mark.servers

REFUSED = "is refused: it is of keyspace "


def names_of_workers(settings: Settings) -> set[str]:
    """Those that hear the pipeline's control commands, once one of them has answered."""
    names: set[str] = set()
    with control_app(settings) as app:

        def heard() -> bool:
            names.update(name for answer in app.control.ping(timeout=2) for name in answer)
            return bool(names)

        assert wait_until(heard, PATIENCE_SECONDS)
    return names


def refused(process: Process) -> int:
    """The number of lines that say so."""
    return process.log.count(REFUSED)


def test_whose_a_task_is_decides_who_does_it(deploy: Deploy, cassandra: Session) -> None:
    first = deploy(redis_prefix="first")
    second = deploy(redis_prefix="second", redis_url=first.settings.redis_url.get_secret_value())
    [_, dispatch, worker] = first.start("ingest.1", "dispatch.1", "worker.1")
    second.start("ingest.2", "dispatch.2", "worker.2")

    # The conversations have the same keys, and not the same texts.
    mine, yours = (some_messages(300, 20, seed=seed) for seed in (1, 2))
    send(first.settings, mine)
    send(second.settings, yours)
    for deployment, messages in ((first, mine), (second, yours)):
        assert_rows_match(cassandra, deployment.settings, read_outputs(deployment.settings, messages))
    assert names_of_workers(first.settings) == {"worker.1@test"}
    assert names_of_workers(second.settings) == {"worker.2@test"}
    assert [refused(process) for process in (*first.processes, *second.processes)] == [0] * 6

    # A worker of the second is given the prefix of the first.
    worker.stop()
    [stray] = second.start("worker.3", CHAT_REDIS_PREFIX="first")
    more = some_messages(300, 20, seed=3)
    send(first.settings, more)
    stray.wait_for_line(f"{REFUSED}{first.settings.cassandra_keyspace} and log ")
    dispatch.wait_for_line("was not answered in time, its records are sent again")
    stray.stop()
    assert refused(stray) == 1
    [worker] = first.start("worker.4")
    assert_rows_match(cassandra, first.settings, read_outputs(first.settings, [*mine, *more]))

    # The first is taken down, leaves a task, and a third takes over its prefix.
    worker.stop()
    send(first.settings, some_messages(1, 1, seed=4))
    left = queued_task(first.settings)
    for process in first.processes:
        if process.runs:
            process.kill()
    third = deploy(redis_prefix="first", redis_url=first.settings.redis_url.get_secret_value())
    with Redis.from_url(third.settings.redis_url.get_secret_value()) as redis:
        redis.rpush(left.queue, left.item)
    [worker] = third.start("worker.5")
    worker.wait_for_line(f"{REFUSED}{first.settings.cassandra_keyspace} and log ")
    assert stored_rows(cassandra, third.settings) == {}
    assert_rows_match(cassandra, second.settings, read_outputs(second.settings, yours))


def test_a_log_that_is_made_anew_has_a_key_of_its_own(
    deploy: Deploy, cassandra: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = deploy()
    settings = deployment.settings
    before = read_seal(cassandra, settings)
    left = before.close("chat.00", b"a task")
    deployment.initialise()
    assert read_seal(cassandra, settings).open("chat.00", left) == b"a task"

    other = str(uuid4())
    waited: list[float] = []

    def ended(seconds: float) -> None:
        waited.append(seconds)
        raise KeyboardInterrupt

    # An `init` that ends while it waits, and the next one.
    for wait in (ended, waited.append):
        monkeypatch.setattr(task_keys, "time", SimpleNamespace(sleep=wait))
        with suppress(KeyboardInterrupt):
            store_task_key(cassandra, settings, other)
        if wait is ended:
            with pytest.raises(ConfigurationError, match="has no key for tasks"):
                read_seal(cassandra, settings)
    assert waited == 2 * [KNOWN_SECONDS + settings.lock_ttl]
    with pytest.raises(NotOurs, match=f"it is of keyspace {settings.cassandra_keyspace} and log {before.log_id}"):
        read_seal(cassandra, settings).open("chat.00", left)
    dispatch = deployment.spawn("dispatch.1")
    dispatch.wait_for_line(f"the key for tasks of {other}: run `chat-tasks init` first")
    assert dispatch.popen.wait(PATIENCE_SECONDS) == 2


def test_a_worker_without_the_key_does_nothing_and_loses_nothing(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    settings = deployment.settings
    [_, dispatch] = deployment.start("ingest.1", "dispatch.1")
    messages = some_messages(100, 20)
    send(settings, messages)
    queued_task(settings)
    cassandra.execute(f"TRUNCATE {settings.cassandra_keyspace}.task_keys")
    [worker] = deployment.start("prefork.1")
    worker.wait_for_line(
        f"a task was not started: the keyspace {settings.cassandra_keyspace} has no key for tasks: run "
    )
    assert stored_rows(cassandra, settings) == {}

    # As long as dispatch has the old key, its tasks are refused, and nothing is lost.
    deployment.initialise()
    worker.wait_for_line("is refused: it is signed with another key")
    dispatch.stop()
    deployment.start("dispatch.1")
    assert_rows_match(cassandra, settings, read_outputs(settings, messages))
