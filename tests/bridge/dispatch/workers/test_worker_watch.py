"""A queue without a worker is told of, also where the others have one."""

from logging import INFO, WARNING

import pytest

from bridge.dispatch.workers.worker_watch import WorkerWatch
from chat_tasks.settings import Settings

PATIENCE = 10.0
"""Five deadlines of two seconds."""


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture) -> WorkerWatch:
    caplog.set_level(INFO)
    return WorkerWatch(Settings(queues=2, task_deadline=2.0))


def test_a_queue_that_nobody_serves_is_named_though_another_is_served(
    watch: WorkerWatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch.answered(0, now=99.0)
    watch.looked_for({"a": 1, "b": 1}, ["a", "b"], now=100.0)
    [record] = caplog.records
    assert record.levelno == WARNING
    assert record.message == "no worker takes tasks from queue chat.01, 2 wait: does one run, with CHAT_QUEUES=2?"
    assert not watch.queues_are_served


def test_it_is_said_once(watch: WorkerWatch, caplog: pytest.LogCaptureFixture) -> None:
    for now in (100.0, 101.0, 102.0):
        watch.looked_for({"a": 1}, ["a"], now)
    assert len(caplog.records) == 1


def test_so_is_that_a_worker_came(watch: WorkerWatch, caplog: pytest.LogCaptureFixture) -> None:
    watch.looked_for({"a": 1}, ["a"], now=100.0)
    watch.answered(1, now=101.0)
    watch.answered(1, now=102.0)
    assert [record.message for record in caplog.records[1:]] == ["workers take tasks from queue chat.01 again"]
    assert watch.queues_are_served


def test_one_who_answered_lately_is_only_slow(watch: WorkerWatch) -> None:
    watch.answered(1, now=100.0)
    watch.looked_for({"a": 1}, ["a"], now=100.0 + PATIENCE - 0.1)
    assert watch.queues_are_served
    watch.looked_for({"a": 1}, ["a"], now=100.0 + PATIENCE)
    assert not watch.queues_are_served


def test_so_is_one_who_has_taken_some_of_the_tasks(watch: WorkerWatch) -> None:
    watch.looked_for({"a": 1, "b": 1}, ["b"], now=100.0)
    assert watch.queues_are_served


def test_what_was_answered_meanwhile_is_passed_over(watch: WorkerWatch) -> None:
    watch.looked_for({"b": 1}, ["a"], now=100.0)
    assert watch.queues_are_served


def test_the_other_queue_s_answers_say_nothing(watch: WorkerWatch) -> None:
    watch.looked_for({"a": 1}, ["a"], now=100.0)
    watch.answered(0, now=101.0)
    assert not watch.queues_are_served


def test_without_tasks_nothing_is_known_of_a_queue(watch: WorkerWatch) -> None:
    watch.looked_for({"a": 1}, ["a"], now=100.0)
    watch.begin_anew()
    assert watch.queues_are_served
