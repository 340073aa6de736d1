"""Requests on their way to a worker and back."""

import json

import pytest

from bridge.dispatch.conversations.latest import LatestWork
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.work import OutgoingTask, PendingRequest
from bridge.kafka.transaction import Partition
from chat_tasks.conversation.routing import partition_of, queue_of
from chat_tasks.formats.tasks import Answer, Failure, LatestRequest, Reply, Result
from chat_tasks.settings import Settings
from tests.bridge.dispatch.appends import LOG_ID, SEAL
from tests.bridge.dispatch.simulated_worker import SimulatedWorker

SETTINGS = Settings(queues=4)
REQUESTS = Partition(SETTINGS.request_topic, 2)
EMPTY = '{"conversationKey":"abc123","latestChatter":[]}'
MANY = 1_000
SAME_QUEUE = [key for key in map("conversation {}".format, range(99)) if queue_of(key.encode(), 4) == 0]
DOWN = Failure(Answer.RETRY, "Cassandra is down")


def latest_work() -> LatestWork:
    """Of an assignment that begins."""
    facts = AssignmentFacts(LOG_ID, {"host": 1_600}, frozenset(), {}, 3, 3, SEAL, {})
    return LatestWork(SETTINGS, facts, epoch=1_700, reply_to="replies")


def request(offset: int, key: str = "abc123", count: int = 10, *, record_key: bytes | None = None) -> PendingRequest:
    headers: list[tuple[str, bytes | None]] = [("correlation_id", b"%d" % offset)]
    return PendingRequest(REQUESTS.number, offset, LatestRequest(key, count, None), record_key, headers)


def plan(work: LatestWork, now: float = 0) -> list[OutgoingTask]:
    return list(work.plan(now, MANY, [7, 9]))


def test_a_task_as_the_broker_gets_it() -> None:
    work = latest_work()
    work.add_request(request(7))
    [task] = plan(work)
    assert (task.task_id, task.name) == ("latest-1700-0", "chat_tasks.latest_messages")
    assert (task.queue, task.summary) == (queue_of(b"abc123", 4), "(1 conversations, 1 requests)")
    assert json.loads(task.body) == {
        "version": 2,
        "task": "latest-1700-0",
        "reply_to": "replies",
        "generations": {"host": 1_600},
        "requests": [["abc123", 10, None]],
        "log_id": LOG_ID,
        "published": [7, 9],
    }


@pytest.mark.parametrize(("record_key", "block_key"), [(None, b"abc123"), (b"", b""), (b"mine", b"mine")])
def test_a_block_goes_back_with_the_requests_headers_and_key(record_key: bytes | None, block_key: bytes) -> None:
    work = latest_work()
    work.add_request(request(7, record_key=record_key))
    [task] = plan(work)
    answered = work.take_reply(task.number, Reply(task.task_id, 0.0, [EMPTY]), now=0)
    assert answered is not None
    [finished] = answered.finished
    [output] = finished.outputs
    assert (finished.partition, finished.offsets) == (REQUESTS, (7,))
    assert (output.topic, output.partition) == ("latest_messages_block", partition_of(b"abc123", 3))
    assert (output.key, output.value, output.headers) == (block_key, EMPTY.encode(), [("correlation_id", b"7")])
    assert work.requests == 0


def test_requests_that_wait_together_share_a_task_and_each_gets_its_block() -> None:
    work, worker = latest_work(), SimulatedWorker({"host": 1_600})
    for offset in range(3):
        work.add_request(request(offset))
    [task] = plan(work)
    answered = work.take_reply(task.number, Reply(task.task_id, 0.0, worker.perform(task).results), now=0)
    assert answered is not None
    assert [offset for one in answered.finished for offset in one.offsets] == [0, 1, 2]


def test_a_request_never_joins_a_read_that_has_started() -> None:
    work = latest_work()
    work.add_request(request(0))
    [first] = plan(work)
    work.add_request(request(1))
    assert plan(work) == []
    work.take_reply(first.number, Reply(first.task_id, 0.0, [EMPTY]), now=0)
    assert [json.loads(task.body)["requests"] for task in plan(work)] == [[["abc123", 10, None]]]


@pytest.mark.parametrize("results", [[EMPTY, DOWN], [DOWN, DOWN], [EMPTY, 7]])
def test_requests_of_a_conversation_are_answered_together_or_tried_again(results: list[Result]) -> None:
    work = latest_work()
    work.add_request(request(0))
    work.add_request(request(1))
    [task] = plan(work)
    answered = work.take_reply(task.number, Reply(task.task_id, 0.0, results), now=0)
    assert answered is not None
    assert answered.finished == []
    assert answered.retries == ({"Cassandra is down": 1} if DOWN in results else {})
    assert work.requests == 2
    [again] = plan(work, now=60)
    answered = work.take_reply(again.number, Reply(again.task_id, 0.0, [EMPTY, EMPTY]), now=60)
    assert answered is not None
    assert [offset for one in answered.finished for offset in one.offsets] == [0, 1]


def test_a_conversation_that_fails_fails_no_neighbour() -> None:
    work, worker = latest_work(), SimulatedWorker({"host": 1_600})
    same_queue = SAME_QUEUE[:3]
    for offset, key in enumerate(same_queue):
        work.add_request(request(offset, key))
    [task] = plan(work)
    answered = work.take_reply(task.number, worker.perform(task, failing=frozenset(same_queue[1:2])), now=0)
    assert answered is not None
    assert [offset for one in answered.finished for offset in one.offsets] == [0, 2]


def test_late_replies_are_ignored() -> None:
    work = latest_work()
    work.add_request(request(0))
    [task] = plan(work)
    assert work.scheduler.lose_all() == 1
    assert work.take_reply(task.number, Reply(task.task_id, 0.0, [EMPTY]), now=0) is None
    assert not work.scheduler.lost(task.number)
    [again] = plan(work)
    assert again.losses == 1
    assert work.scheduler.lost(again.number)


def test_what_a_reply_has_no_room_for_is_asked_again_at_once() -> None:
    work = latest_work()
    first, second, *_ = SAME_QUEUE
    for offset, key in enumerate([first, first, second, second]):
        work.add_request(request(offset, key))
    [task] = plan(work)
    answered = work.take_reply(task.number, Reply(task.task_id, 0.0, [EMPTY]), now=0)
    assert answered is not None
    assert [offset for one in answered.finished for offset in one.offsets] == [0]
    assert (work.requests, answered.retries) == (3, {})
    [again] = plan(work)
    assert len(json.loads(again.body)["requests"]) == 3


def test_no_request_is_sent_while_many_bytes_of_blocks_wait_to_be_published() -> None:
    work = latest_work()
    work.add_request(request(0))
    [task] = plan(work)
    large = "x" * (SETTINGS.bytes_in_flight // 16)
    assert work.take_reply(task.number, Reply(task.task_id, 0.0, [large]), now=0) is not None
    work.add_request(request(1))
    assert plan(work) == []
    work.published(len(large))
    assert len(plan(work)) == 1


@pytest.mark.parametrize("results", [[], [EMPTY, EMPTY]])
def test_a_reply_that_does_not_fit_leaves_its_task_outstanding(results: list[str]) -> None:
    work = latest_work()
    work.add_request(request(0))
    [task] = plan(work)
    with pytest.raises(ValueError, match="results for 1 requests"):
        work.take_reply(task.number, Reply(task.task_id, 0.0, results), now=0)
    assert len(work.scheduler.outstanding) == 1
