"""`/livez`, `/readyz` and `/startupz`: whether this process hangs, may be relied on, and has started.

No probe asks a server: a server that is away makes a process unready, and never dead, because a restart mends no
server.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from chat_tasks.health.dependencies import Dependencies
from chat_tasks.health.pulse import Pulse
from chat_tasks.http.routes import Response, Routes
from chat_tasks.version import VERSION

# A server that has just come back may be gone again.
_ANSWERING_SECONDS = 5.0


class Health(Protocol):
    """What a process tells of itself; read in any thread."""

    @property
    def process(self) -> str:
        """`ingest`, `dispatch` or `worker`."""

    @property
    def instance(self) -> str:
        """The name of this one among its kind."""

    @property
    def pulse(self) -> Pulse:
        """The last sign of life."""

    @property
    def dependencies(self) -> Dependencies:
        """The servers that it has talked to."""

    @property
    def needs(self) -> Sequence[str]:
        """The servers without which it does nothing."""

    @property
    def has_started(self) -> bool:
        """Whether it was once able to work."""

    def troubles(self) -> Sequence[str]:
        """Why the process does not work now, apart from servers: each a line for people."""

    def details(self) -> Mapping[str, Any]:
        """What else is worth knowing."""


def probes(health: Health) -> Routes:
    """The routes of the three probes: status 200 or 503, and JSON in either case."""
    return {
        "/livez": lambda _: _answer(health, "alive", live_troubles(health)),
        "/readyz": lambda _: _answer(health, "ready", ready_troubles(health)),
        "/startupz": lambda _: _answer(health, "started", [] if health.has_started else ready_troubles(health)),
    }


def live_troubles(health: Health) -> list[str]:
    """Why the process is to be started again; none if it is alive."""
    age = health.pulse.age
    return [f"no sign of life for {age:.0f} seconds"] if age >= health.pulse.longest else []


def ready_troubles(health: Health) -> list[str]:
    """Why the process does not work now; none if it is ready."""
    return [*live_troubles(health), *health.troubles(), *_troubles_with_servers(health)]


def _troubles_with_servers(health: Health) -> list[str]:
    states = health.dependencies.states
    troubles = [f"{name} has not answered yet" for name in health.needs if name not in states]
    for name, state in states.items():
        if not state.answers:
            troubles.append(f"{name} does not answer: {state.reason}")
        elif (seconds := time.monotonic() - state.since) < _ANSWERING_SECONDS:
            troubles.append(f"{name} answers since {seconds:.1f} seconds only")
    return troubles


def _answer(health: Health, word: str, troubles: Sequence[str]) -> Response:
    document = {
        "status": word if not troubles else f"not {word}",
        "troubles": troubles,
        "process": health.process,
        "instance": health.instance,
        "version": VERSION,
        "last_step_s": round(health.pulse.age, 3),
        "dependencies": {
            name: {
                "answers": state.answers,
                "since_s": round(time.monotonic() - state.since, 3),
                **({"reason": state.reason} if state.reason else {}),
            }
            for name, state in sorted(health.dependencies.states.items())
        },
        **health.details(),
    }
    body = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return Response(503 if troubles else 200, "application/json", body)
