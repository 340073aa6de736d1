"""An assignment that begins, and records for it."""

from typing import Any

from bridge.dispatch.assignment import AssignmentState
from bridge.dispatch.counts import DispatchCounts
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.transaction import Output, Partition
from chat_tasks.settings import Settings
from tests.bridge.dispatch.appends import LOG_ID, SEAL
from tests.bridge.dispatch.simulated_worker import SimulatedWorker
from tests.bridge.messages import ConsumedMessage, logged_message

LOG = Partition("conversation_log", 0)
REQUESTS = Partition("latest_messages_request", 0)
GENERATIONS = {"host": 1_600}
MANY = 1_000

FROM_BOB = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}'
REQUEST = b'{"conversationKey":"abc123","numMsgs":100}'


def assignment_work(
    metadata: str = "",
    offset: int = 0,
    quarantined: frozenset[str] = frozenset(),
    requests: tuple[int, str] = (0, ""),
    *,
    low: int = 0,
    horizon: int = MANY,
    process_state: ProcessState | None = None,
    **chosen: Any,
) -> AssignmentState:
    """Of a part of the log that was committed up to `offset`, and of the requests as they were committed.

    The log begins at `low`, and its rows are complete up to `horizon`.
    """
    partitions = {LOG: Committed(offset, metadata, low), REQUESTS: Committed(*requests, 0)}
    assignment = Assignment(1_700, partitions, None)
    facts = AssignmentFacts(LOG_ID, GENERATIONS, quarantined, {}, 3, 3, SEAL, {LOG.number: horizon})
    settings = Settings(**{"queues": 2, "log_partitions": 1, **chosen})
    return AssignmentState(settings, assignment, facts, process_state or ProcessState(DispatchCounts(settings)))


def logged(offset: int, value: bytes = FROM_BOB, key: str = "abc123") -> ConsumedMessage:
    return logged_message(LOG.number, offset, key, value.replace(b"abc123", key.encode()), [])


def requested(offset: int, value: bytes = REQUEST) -> ConsumedMessage:
    return ConsumedMessage(REQUESTS.topic, REQUESTS.number, offset, value)


def perform_all(work: AssignmentState, worker: SimulatedWorker, now: float = 0) -> None:
    """Every task that can be sent, requests included."""
    for task in list(work.plan(now, MANY, published=())):
        assert work.take_reply(task, worker.perform(task), now) == {}


def published(work: AssignmentState, now: float = 0) -> list[Output]:
    """What the next transaction holds, which is committed at that time."""
    transaction = work.next_transaction()
    assert transaction is not None
    work.committed(transaction)
    work.log_purge.horizons_stored(work.log_purge.horizons(), now)
    return list(transaction.outputs)
