"""What a bridge says of itself, from the first step of its start to its end."""

import time
from dataclasses import dataclass

import orjson
from confluent_kafka import KafkaError, KafkaException

from bridge.kafka.errors import KafkaUnavailable
from bridge.loop.health import BridgeHealth, LoopReport
from chat_tasks.errors import CassandraUnavailable, LoopStalled
from chat_tasks.health.dependencies import DependencyState
from chat_tasks.health.probes import probes
from chat_tasks.settings import Settings

RUNNING = LoopReport(
    state="running",
    partitions={"conversation_log": 12},
    transaction=0.1,
    stall=0.0,
    longest_stall=30.0,
    undelivered=0.0,
    longest_undelivered=10.0,
    held_back=(),
)


@dataclass
class RunningLoop:
    """A loop that says this."""

    said: LoopReport

    def report(self) -> LoopReport:
        return self.said


def started() -> BridgeHealth:
    """A bridge that has been at work for a while."""
    health = BridgeHealth("dispatch", Settings(), needs=["kafka", "redis"])
    health.loop = RunningLoop(RUNNING)
    health.assigned()
    health.dependencies.answered("redis")
    for name in health.needs:
        health.dependencies._states[name] = DependencyState(answers=True, since=time.monotonic() - 5)
    return health


def ask(health: BridgeHealth, path: str) -> tuple[int, list[str]]:
    answer = probes(health)[path]({})
    return answer.status, orjson.loads(answer.body)["troubles"]


def test_a_process_that_starts_is_alive_and_says_what_it_waits_for() -> None:
    health = BridgeHealth("ingest", Settings(), needs=["kafka"])
    assert ask(health, "/livez") == (200, [])
    waits = ["the servers are being asked", "kafka has not answered yet"]
    assert ask(health, "/readyz") == ask(health, "/startupz") == (503, waits)
    health.loop = RunningLoop(RUNNING._replace(state="joining"))
    assert ask(health, "/readyz")[1][0] == "no assignment yet: joining"


def test_it_is_ready_once_every_server_has_answered_for_five_seconds() -> None:
    health = started()
    assert ask(health, "/readyz") == ask(health, "/startupz") == (200, [])
    health.dependencies.failed("redis", "refused")
    assert ask(health, "/readyz") == (503, ["redis does not answer: refused"])
    assert ask(health, "/startupz") == (200, [])
    health.dependencies.answered("redis")
    status, [trouble] = ask(health, "/readyz")
    assert (status, trouble.startswith("redis answers since 0.")) == (503, True)
    assert ask(health, "/livez") == (200, [])


def test_a_loop_that_has_ended_names_the_server_that_it_failed_by() -> None:
    for error, server in (
        (KafkaException(KafkaError(KafkaError._TIMED_OUT)), "kafka"),
        (KafkaUnavailable("Kafka: away"), "kafka"),
        (CassandraUnavailable("no Cassandra node answers"), "cassandra"),
        (LoopStalled("nothing got done"), ""),
    ):
        health = started()
        health.loop = None
        assert health.failed(error, "why") == server
        status, troubles = ask(health, "/readyz")
        assert (status, troubles[0]) == (503, "no loop runs: why")
        assert troubles[1:] == ([f"{server} does not answer: why"] if server else [])


def test_whatever_stands_still_is_named() -> None:
    for report, trouble in (
        (RUNNING._replace(transaction=5.0), "kafka has not ended a transaction for 5 seconds"),
        (RUNNING._replace(stall=15.0), "nothing got done for 15 seconds though work waits"),
        (RUNNING._replace(undelivered=5.0), "no record was delivered for 5 seconds though some wait"),
    ):
        health = started()
        health.loop = RunningLoop(report)
        assert ask(health, "/readyz") == (503, [trouble])


def test_a_process_without_a_sign_of_life_is_dead_and_any_step_is_one() -> None:
    health = started()
    assert health.pulse.longest == 60
    health.pulse._at -= 61
    assert ask(health, "/livez") == (503, ["no sign of life for 61 seconds"])
    assert ask(health, "/readyz")[0] == 503
    health.pulse.beat()
    assert ask(health, "/livez") == (200, [])


def test_a_single_step_may_last_as_long_as_the_settings_allow() -> None:
    assert BridgeHealth("ingest", Settings(transaction_timeout=100), needs=[]).pulse.longest == 330


def test_a_process_that_ends_is_alive_and_takes_no_part() -> None:
    health = started()
    health.is_ending = True
    assert ask(health, "/readyz") == (503, ["the process ends"])
    assert ask(health, "/livez") == (200, [])
