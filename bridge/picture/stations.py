"""The eight stations of a message's road, and what each of them does now."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from bridge.picture.light import Light, of_server, worst
from bridge.picture.sight import Sight
from bridge.picture.sources.positions import Position
from bridge.picture.sources.processes import Process
from chat_tasks.conversation.routing import queue_name
from chat_tasks.settings import Settings

_SERVED = "chat_tasks_queue_served"
_TASK_AGE = "chat_tasks_oldest_task_age_seconds"


class Figure(NamedTuple):
    """A number beside a station: what it is, the number, its unit, and the metric or command that tells it."""

    label: str
    value: float | None
    unit: str
    source: str


class Station(NamedTuple):
    """A station. `kind` is `store` for what keeps messages, `process` for what moves them."""

    name: str
    title: str
    subtitle: str
    kind: str
    figures: list[Figure]
    light: Light


def stations_of(settings: Settings, sight: Sight) -> list[Station]:
    """The stations, in the order in which a message passes them."""
    kafka = of_server("Kafka", sight.positions)
    redis = of_server("Redis", sight.queues)
    return [
        _way_in(settings, sight, kafka),
        _bridge(sight, "ingest", "Ingest", settings.message_topic),
        _log(settings, sight, kafka),
        _bridge(sight, "dispatch", "Dispatch", settings.log_topic),
        _queues(settings, sight, redis),
        _workers(sight),
        _rows(sight),
        _way_out(settings, sight, kafka),
    ]


def _way_in(settings: Settings, sight: Sight, kafka: Light | None) -> Station:
    there = _partitions(sight, settings.message_topic)
    return Station(
        "in",
        "Way in",
        settings.message_topic,
        "store",
        [
            *_waits(sight, "ingest", there),
        ],
        kafka or Light("flows", "flows"),
    )


def _log(settings: Settings, sight: Sight, kafka: Light | None) -> Station:
    there = _partitions(sight, settings.log_topic)
    return Station(
        "log",
        "Log",
        settings.log_topic,
        "store",
        [
            *_waits(sight, "dispatch", there),
            Figure("kept", sum(one.end - one.start for one in there), "", "chat_tasks_log_retained_records"),
        ],
        kafka or Light("flows", "flows"),
    )


def _bridge(sight: Sight, kind: str, title: str, topic: str) -> Station:
    unfinished, age = "chat_tasks_unfinished_records", "chat_tasks_oldest_unfinished_age_seconds"
    return Station(
        kind,
        title,
        _number_of(sight.of_kind(kind), "process", "processes"),
        "process",
        [
            Figure("in hand", sight.sum(unfinished, kind, topic=topic), "", unfinished),
            Figure("oldest", sight.largest(age, kind) or None, "s", age),
        ],
        _of_processes(kind, title, sight),
    )


def _queues(settings: Settings, sight: Sight, redis: Light | None) -> Station:
    unserved = _unserved(settings, sight)
    words = f"no worker takes from {', '.join(unserved or ())}"
    lengths = sight.queues.value or {}
    return Station(
        "queues",
        "Queues",
        ", ".join(sorted(lengths)) or "Redis",
        "store",
        [
            Figure("tasks", sum(lengths.values()), "", "chat_tasks_queue_tasks"),
            Figure("oldest", _oldest_task(sight, {queue for queue, tasks in lengths.items() if tasks}), "s", _TASK_AGE),
            Figure(
                "served",
                None if unserved is None else settings.queues - len(unserved),
                f"of {settings.queues}",
                _SERVED,
            ),
        ],
        redis or (Light("waits", words) if unserved else Light("flows", "flows")),
    )


def _workers(sight: Sight) -> Station:
    workers = sight.of_kind("worker")
    return Station(
        "workers",
        "Workers",
        _number_of(workers, "process", "processes"),
        "process",
        [
            Figure(
                "in flight",
                sight.sum("chat_tasks_outstanding_tasks", "dispatch"),
                "",
                "chat_tasks_outstanding_tasks",
            ),
            Figure("oldest", _oldest_task(sight), "s", _TASK_AGE),
        ],
        _of_processes("worker", "Worker", sight),
    )


def _rows(sight: Sight) -> Station:
    nodes = {} if sight.rows.value is None else sight.rows.value.nodes
    up = sum(nodes.values())
    light = of_server("Cassandra", sight.rows) or (
        Light("flows", "answers")
        if up == len(nodes)
        else Light("waits", f"{len(nodes) - up} of {len(nodes)} nodes are down")
    )
    return Station(
        "rows",
        "Rows",
        "Cassandra",
        "store",
        [Figure("nodes up", up, f"of {len(nodes)}", "chat_tasks_dependency_up")],
        light,
    )


def _way_out(settings: Settings, sight: Sight, kafka: Light | None) -> Station:
    quarantined = None if sight.rows.value is None else len(sight.rows.value.quarantined)
    letters = sight.letters.value
    return Station(
        "out",
        "Way out",
        settings.output_topic,
        "store",
        [
            Figure("quarantined", quarantined, "", "chat_tasks_quarantined_conversations"),
            Figure(
                "letters wait",
                None if letters is None else sum(letters.by_stage.values()),
                "",
                "chat_tasks_dead_letters_waiting",
            ),
            Figure("oldest", sight.oldest_letter(), "s", "chat_tasks_oldest_waiting_letter_age_seconds"),
        ],
        kafka or Light("flows", "flows"),
    )


def _of_processes(kind: str, title: str, sight: Sight) -> Light:
    """The worst light of the processes of a kind."""
    found = sight.of_kind(kind)
    if sight.processes.value is None:
        return Light("unknown", "asking the processes")
    if not found:
        return Light("dead", f"no {title.lower()} answers")
    return worst([_of_process(one) for one in found])


def _of_process(process: Process) -> Light:
    if process.failure is not None:
        return Light("dead", process.failure, process.failing_since)
    if process.is_ready:
        return Light("flows", "works")
    troubles = process.detail.get("troubles") or [f"{process.identity.name} is not ready"]
    return Light("waits", "; ".join(troubles))


def _partitions(sight: Sight, topic: str) -> list[Position]:
    return [one for one in sight.positions.value or [] if one.topic == topic]


def _waiting(sight: Sight, kind: str, there: Iterable[Position]) -> float:
    """The records that wait. The bridges know it exactly; without them, offsets are counted."""
    topics = {one.topic for one in there}
    told = [
        value
        for _, labels, value in sight.samples("chat_tasks_lag_records", kind)
        if dict(labels).get("topic") in topics
    ]
    return sum(told) if told else sum(one.waiting for one in there)


def _waits(sight: Sight, kind: str, there: Sequence[Position]) -> tuple[Figure, Figure]:
    """How many records wait, and for how long the first one: a record that a bridge has in hand does not wait here."""
    waiting = _waiting(sight, kind, there)
    oldest = _oldest(sight, there) if waiting else None
    return Figure("waits", waiting, "", "chat_tasks_lag_records"), Figure("oldest", oldest, "s", "chat-tasks top")


def _oldest(sight: Sight, there: Iterable[Position]) -> float | None:
    """How long the first record has waited at positions that do not move, in seconds."""
    times = [one.oldest for one in there if one.oldest is not None]
    return max(0.0, sight.now - min(times)) if times else None


def _oldest_task(sight: Sight, queues: Collection[str] | None = None) -> float | None:
    """How long the oldest task is on its way, of these queues or of all, in seconds; None without a task."""
    ages = (
        value
        for _, labels, value in sight.samples(_TASK_AGE, "dispatch")
        if queues is None or dict(labels).get("queue") in queues
    )
    return max(ages, default=0.0) or None


def _unserved(settings: Settings, sight: Sight) -> list[str] | None:
    """The queues from which nobody takes tasks: dispatch sees it; without one, the workers say which they serve."""
    told = [(dict(labels).get("queue", ""), value) for _, labels, value in sight.samples(_SERVED, "dispatch")]
    if told:
        return sorted({queue for queue, value in told if value == 0})
    workers = [one for one in sight.of_kind("worker") if one.failure is None]
    if not workers:
        return None
    served = {queue for one in workers for queue in one.detail.get("queues", ())}
    names = (queue_name(settings.redis_prefix, queue) for queue in range(settings.queues))
    return [name for name in names if name not in served]


def _number_of(found: list[Process], one: str, many: str) -> str:
    return f"{len(found)} {one if len(found) == 1 else many}"
