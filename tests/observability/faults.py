"""The faults that the alerts are for, made on real pipelines while a recorder looks."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from cassandra.cluster import Session
from confluent_kafka import Producer

from bridge.kafka.clients import base_config
from chat_tasks.settings import Settings
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers
from tests.integration.test_commands import chat_tasks
from tests.integration.test_quarantine import SICK, mend, messages_of
from tests.observability.recorder import Recorder
from tests.pipeline import deployment as deployments
from tests.pipeline.conversation import send, some_messages, stored_rows
from tests.pipeline.deployment import Deployment, Process

# A worker that takes tasks from one queue of two: what a wrong CHAT_QUEUES does.
deployments.COMMANDS["half"] = (*deployments.COMMANDS["worker"], "--queues", "chat.00")
deployments.READY["half"] = " ready."


@dataclass
class Scene:
    """A pipeline that is recorded, and when its fault began and ended, in seconds of the recording."""

    deployment: Deployment
    servers: Servers
    session: Session
    recorder: Recorder
    began: int = 0
    ended: int = 0

    @property
    def settings(self) -> Settings:
        """The pipeline's settings."""
        return self.deployment.settings

    def start(self, name: str) -> Process:
        """Start a process, and record it from now on."""
        port = self.recorder.ports.setdefault(name, free_port())
        where = "CHAT_CONSOLE_PORT" if name.startswith("console.") else "CHAT_HTTP_PORT"
        [process] = self.deployment.start(name, **{where: str(port)})
        return process

    def wait(self, seconds: float) -> None:
        """Let the recording go on for so long."""
        end = self.recorder.now() + seconds
        while self.recorder.now() < end:
            time.sleep(0.2)


class Traffic:
    """Sends so many messages a second in a thread of its own, until it is stopped."""

    def __init__(self, settings: Settings, rate: int, value: Callable[[int], bytes]) -> None:
        self._settings, self._rate, self._value = settings, rate, value
        self._stopping = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        producer = Producer(base_config(self._settings))
        sent = 0
        while not self._stopping.wait(0.2):
            for _ in range(self._rate // 5):
                producer.produce(self._settings.message_topic, self._value(sent))
                sent += 1
            producer.poll(0)
        producer.flush()


def messages(number: int) -> bytes:
    """One of 500 conversations."""
    return b'{"conversationKey":"c-%d","sender":"ann","recipients":["bob"],"body":"%d"}' % (number * 7919 % 500, number)


def half_of_the_queues(scene: Scene) -> None:
    """Nobody serves one of the two queues, and so half of the conversations wait."""
    worker = scene.start("worker.1")
    with Traffic(scene.settings, 100, messages):
        scene.wait(60)
        scene.began = scene.recorder.now()
        worker.stop()
        del scene.recorder.ports["worker.1"]
        scene.start("half.1")
        with Traffic(scene.settings, 150, messages):
            scene.wait(480)
        scene.ended = scene.recorder.now()
        scene.start("worker.2")
        scene.wait(210)


def letters(scene: Scene) -> None:
    """Half of what is sent is invalid, and the rows of one conversation contradict the log."""
    settings = scene.settings
    scene.start("worker.1")
    send(settings, some_messages(100, 10))
    scene.wait(30)
    scene.began = scene.recorder.now()
    log_id = stored_rows(scene.session, settings)["c-0"][0].log_id
    scene.session.execute(
        f"INSERT INTO {settings.cassandra_keyspace}.messages (conversation_key, bucket, seq, sender, body, log_id, "
        "log_offset) VALUES (%s, 0, 0, 'nobody', 'nothing', %s, 1000000000) USING TIMESTAMP 1",
        (SICK, log_id),
    )
    send(settings, messages_of(3, "unwell"))
    with Traffic(settings, 10, lambda number: messages(number) if number % 2 else b"{}"):
        scene.wait(120)
    scene.ended = scene.recorder.now()
    mend(scene.session, settings, 0)
    released = chat_tasks(scene.deployment, "quarantine", "release", SICK)
    assert released.returncode == 0, released.stderr
    scene.wait(180)


def too_few_workers(scene: Scene) -> None:
    """The only worker gets a fifth of the time, and dispatch ends for a while afterwards."""
    worker = scene.start("worker.1")
    with Traffic(scene.settings, 100, messages):
        scene.wait(30)
        scene.began = scene.recorder.now()
        while scene.recorder.now() < scene.began + 180:
            worker.popen.send_signal(signal.SIGSTOP)
            scene.wait(5)
            worker.popen.send_signal(signal.SIGCONT)
            time.sleep(1)
        scene.ended = scene.recorder.now()
        scene.wait(120)


def a_dead_process(scene: Scene) -> None:
    """Dispatch is killed, and nobody starts it again for two minutes."""
    scene.start("worker.1")
    scene.wait(20)
    [dispatch] = [process for process in scene.deployment.processes if process.name == "dispatch.1"]
    scene.began = scene.recorder.now()
    dispatch.kill()
    scene.wait(90)
    scene.ended = scene.recorder.now()
    scene.start("dispatch.1")
    scene.wait(30)


def a_slow_kafka(scene: Scene) -> None:
    """Kafka gets a sixth of the time."""
    scene.start("worker.1")
    with Traffic(scene.settings, 50, messages):
        scene.wait(30)
        scene.began = scene.recorder.now()
        while scene.recorder.now() < scene.began + 150:
            scene.servers.kafka.pause()
            time.sleep(2)
            scene.servers.kafka.resume()
            time.sleep(0.4)
        scene.ended = scene.recorder.now()
        scene.wait(120)


def a_kafka_that_comes_and_goes(scene: Scene) -> None:
    """Kafka is away four times in three minutes, each time for longer than a transaction may take."""
    scene.start("worker.1")
    with Traffic(scene.settings, 20, messages):
        scene.wait(30)
        scene.began = scene.recorder.now()
        for _ in range(4):
            scene.servers.kafka.pause()
            scene.wait(20)
            scene.servers.kafka.resume()
            scene.wait(30)
        scene.ended = scene.recorder.now()
        scene.wait(330)


@dataclass(frozen=True)
class Fault:
    """A fault, the settings of the pipeline that has it, and whether it disturbs the servers of others."""

    make: Callable[[Scene], None]
    chosen: dict[str, int | float]
    alone: bool = False


FAULTS = {
    "half of the queues": Fault(
        half_of_the_queues,
        {"log_partitions": 1, "topic_partitions": 1, "task_deadline": 0.5, "replay_window": 16},
    ),
    "letters": Fault(letters, {"replay_window": 16}),
    "too few workers": Fault(too_few_workers, {}),
    "a dead process": Fault(a_dead_process, {}),
    "a slow kafka": Fault(a_slow_kafka, {"transaction_timeout": 10}, alone=True),
    "a kafka that comes and goes": Fault(a_kafka_that_comes_and_goes, {"transaction_timeout": 5}, alone=True),
}
