"""What an assignment of dispatch looks like now: read from its state when somebody asks."""

from collections import Counter
from collections.abc import Iterator, Mapping

from bridge.dispatch.assignment import AssignmentState
from bridge.dispatch.scheduling.scheduler import ConversationState
from bridge.dispatch.work import TaskKind
from bridge.kafka.reading.offsets import Bounds
from bridge.kafka.transaction import LARGEST_METADATA, Partition
from chat_tasks.conversation.routing import queue_name
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Sample
from chat_tasks.settings import Settings

_STATES = {
    ConversationState.READY: "ready",
    ConversationState.IN_FLIGHT: "in_flight",
    ConversationState.BACKING_OFF: "backoff",
    ConversationState.HELD: "held",
}


def gauges(settings: Settings, work: AssignmentState, bounds: Mapping[Partition, Bounds]) -> Iterator[Sample]:
    """The gauges of an assignment, with the bounds of its partitions as far as they are known.

    Takes up to ten milliseconds of the loop's thread if as many conversations wait as may.
    """
    records, size = work.in_flight
    yield definitions.IN_FLIGHT_RECORDS.sample(records)
    yield definitions.IN_FLIGHT_BYTES.sample(size)
    yield definitions.IN_FLIGHT_LIMIT_RECORDS.sample(settings.records_in_flight)
    yield definitions.IN_FLIGHT_LIMIT_BYTES.sample(settings.bytes_in_flight)
    yield from definitions.CONVERSATIONS.samples(_conversations(work))
    schedulers = work.appends.schedulers.values()
    yield definitions.LARGEST_CONVERSATION.sample(max(scheduler.largest() for scheduler in schedulers))
    yield from definitions.OUTSTANDING_TASKS.samples_of_several(_outstanding(settings, work))
    for partition, commit in work.commits.items():
        if partition.topic == settings.log_topic:
            used = len(commit.metadata) / LARGEST_METADATA
            yield definitions.COMMIT_METADATA_USED.sample(used, str(partition.number))
            if (bound := bounds.get(partition)) is not None:
                yield definitions.LOG_RETAINED_RECORDS.sample(bound.end - bound.low, str(partition.number))


def _conversations(work: AssignmentState) -> Mapping[str, int]:
    states: Counter[ConversationState] = Counter()
    for scheduler in work.appends.schedulers.values():
        states += scheduler.states()
    return {
        **{name: states[state] for state, name in _STATES.items()},
        "quarantined": len(work.appends.quarantined),
        "releasing": len(work.appends.releases),
    }


def _outstanding(settings: Settings, work: AssignmentState) -> Mapping[tuple[str, str], int]:
    queues = [queue_name(settings.redis_prefix, queue) for queue in range(settings.queues)]
    found = {(queue, kind.value): 0 for queue in queues for kind in TaskKind}
    for kind, scheduler in work.schedulers.items():
        for task in scheduler.outstanding.values():
            found[queues[task.queue], kind.value] += 1
    return found
