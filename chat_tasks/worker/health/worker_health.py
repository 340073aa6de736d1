"""What a worker tells of itself. The process that takes the tasks answers the probes and shows its version
to a Prometheus server; its children have no server.

That process sends a heartbeat every two seconds while it is connected to Redis, and tries to connect otherwise: each is
a sign of life. It learns from its children whether Cassandra answers.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from celery.bootsteps import StartStopStep
from celery.signals import heartbeat_sent, worker_init, worker_shutting_down

from chat_tasks.health.dependencies import Dependencies
from chat_tasks.health.probes import probes
from chat_tasks.health.pulse import Pulse
from chat_tasks.http.events import events_route
from chat_tasks.http.metrics import metrics_route
from chat_tasks.http.routes import Routes
from chat_tasks.http.server import serve
from chat_tasks.log.recent import recent_events
from chat_tasks.redis_client import describe_redis_error
from chat_tasks.settings import settings
from chat_tasks.worker.health.cassandra_board import CassandraBoard

_LONGEST_STEP_SECONDS = 60.0
_HEARTBEAT_SECONDS = 10.0

board = CassandraBoard()


class WorkerHealth:
    """The state of a worker, for the probes.

    There is one, in the process that takes the tasks: its main thread writes it, the threads of the HTTP server read
    it. No method raises.
    """

    process = "worker"
    needs: Sequence[str] = ("redis", "cassandra")

    def __init__(self) -> None:
        self.instance = ""
        self.pulse = Pulse(_LONGEST_STEP_SECONDS)
        self.has_started = False
        self.is_ending = False
        self._queues: Sequence[str] = ()
        self._dependencies = Dependencies()

    @property
    def dependencies(self) -> Dependencies:
        """What is known of Redis, and of Cassandra from the children."""
        board.tell(self._dependencies)
        return self._dependencies

    def reached(self) -> None:
        """Take note that Redis was reached."""
        self.pulse.beat()
        self._dependencies.answered("redis")

    def connected(self, queues: Sequence[str]) -> None:
        """Take note that the worker takes tasks from these queues on Redis."""
        self.reached()
        self._queues = queues
        self.has_started = True

    def disconnected(self, reason: str) -> None:
        """Take note that the connection to Redis has ended, or could not be made."""
        self.pulse.beat()
        self._dependencies.failed("redis", reason)

    def troubles(self) -> Sequence[str]:
        """Why the worker does not work now, apart from servers."""
        if self.is_ending:
            return ["the process ends"]
        # A Redis that is paused keeps its connections.
        return [f"no heartbeat for {age:.0f} seconds"] if (age := self.pulse.age) >= _HEARTBEAT_SECONDS else []

    def details(self) -> Mapping[str, Any]:
        """From which queues the worker takes tasks."""
        return {"queues": self._queues}


health = WorkerHealth()
routes: Routes = {**probes(health), "/metrics": metrics_route(lambda: ())}


class Connected(StartStopStep):  # type: ignore[misc]
    """A step of a worker's consumer: the last one of each connection, made and called in the main thread."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """The worker takes tasks from now on."""
        health.connected([queue.name for queue in consumer.task_consumer.queues])

    def stop(self, consumer: Any) -> None:  # noqa: ARG002 - Celery's signature
        """The connection was lost, or the worker ends."""
        health.disconnected("the connection was lost")


def note_failures(errback: Callable[..., None] | None) -> Callable[..., None]:
    """A callback of kombu for a failed attempt to connect: takes note of it, then calls `errback`."""

    def failed(error: Exception, interval: float) -> None:
        health.disconnected(describe_redis_error(settings(), error))
        if errback is not None:
            errback(error, interval)

    return failed


@worker_init.connect
def serve_probes(**_: object) -> None:
    """Start the server before there are children."""
    health.instance = settings().instance_name
    # An import that is under way in a thread would never end in the children.
    importlib.import_module("chat_tasks.http.listener")
    recent_events.share_with_children()
    routes["/events"] = events_route(health.process, health.instance)
    serve(settings(), routes)


@heartbeat_sent.connect
def note_heartbeat(**_: object) -> None:
    """The worker lives."""
    health.pulse.beat()
    recent_events.collect()


@worker_shutting_down.connect
def note_end(**_: object) -> None:
    """The worker takes no more tasks."""
    health.is_ending = True
