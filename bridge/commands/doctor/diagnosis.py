"""Runs the checks side by side, each bounded in time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from confluent_kafka import KafkaException
from redis import RedisError

from bridge.commands.doctor.catalogue import CHECKS, Check
from bridge.commands.doctor.finding import Answer, Finding, Status, failure
from bridge.commands.doctor.servers import CONNECT, Servers
from bridge.kafka.errors import describe_kafka_error
from chat_tasks.errors import ChatTasksError
from chat_tasks.redis_client import describe_redis_error
from chat_tasks.settings import Settings

SECONDS = 30.0


def diagnose(settings: Settings, seconds: float = SECONDS, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """All findings, in the order of the checks, as soon as they are there; every check ends after so many seconds.

    The connections are closed when all is told.
    """
    servers = Servers(settings, {name: Future() for name in CONNECT})
    for name, connect in CONNECT.items():
        _in_thread(f"doctor: {name}", partial(_fulfil, servers.connections[name], partial(connect, settings)))
    answers: list[Future[list[Answer]]] = []
    for check in checks:
        future: Future[list[Answer]] = Future()
        answers.append(future)
        _in_thread(f"doctor: {check.name}", partial(_fulfil, future, partial(_ask, check, servers)))
    deadline = time.monotonic() + seconds
    try:
        for check, future in zip(checks, answers, strict=True):
            for answer in _wait(check, future, seconds, deadline):
                yield _finding(check, answer)
    finally:
        servers.close()


def _wait(check: Check, future: "Future[list[Answer]]", seconds: float, deadline: float) -> list[Answer]:
    try:
        return future.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return [failure(f"no answer within {seconds:g} seconds", check.remedy)]


def _finding(check: Check, answer: Answer) -> Finding:
    remedy = answer.remedy or (check.remedy if answer.status is Status.FAILURE else "")
    return Finding(check.name, answer.status, answer.detail, remedy)


def _ask(check: Check, servers: Servers) -> list[Answer]:
    """Ask, and keep what was found before something failed."""
    found: list[Answer] = []
    for name in check.needs:
        error = servers.connections[name].exception()
        if error is not None and name == check.name:
            return [failure(_reason(servers.settings, error))]
        if error is not None:
            return [Answer(Status.UNKNOWN, f"not asked: {name} does not answer")]
    try:
        found.extend(check.ask(servers))
    except Exception as error:  # noqa: BLE001 - one check that fails must not hide what the others found
        found.append(failure(_reason(servers.settings, error)))
    return found


def _reason(settings: Settings, error: BaseException) -> str:
    if isinstance(error, ChatTasksError):
        return str(error)
    if isinstance(error, RedisError):
        return describe_redis_error(settings, error)
    if isinstance(error, KafkaException):
        return describe_kafka_error(error)
    return f"{type(error).__name__}: {error}"


def _fulfil(future: "Future[Any]", call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except Exception as error:  # noqa: BLE001 - whoever waits for the future gets it
        future.set_exception(error)


def _in_thread(name: str, call: Callable[[], None]) -> None:
    """A pool's threads would keep the process from ending; these do not."""
    threading.Thread(target=call, name=name, daemon=True).start()
