"""Records of the log on their way to a worker and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.conversations.release import FoundLetters
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.dispatch.work import Finished, OutgoingTask, TaskKind
from bridge.kafka.headers import Headers
from chat_tasks.conversation.routing import partition_of, queue_of
from chat_tasks.formats.tasks import Answer, Failure, decode_append_task
from tests.bridge.dispatch.appends import (
    LOG,
    SETTINGS,
    append_work,
    message,
    outstanding,
    plan,
    record,
    replayed_and_new,
    take_reply,
)
from tests.bridge.dispatch.simulated_worker import SimulatedWorker
from tests.exported_spans import exported_spans


def published(finished: list[Finished]) -> list[tuple[int, str, int]]:
    """The offset, the body and the number of each."""
    values = [
        (offset, json.loads(output.value or b""))
        for one in finished
        for offset, output in zip(one.offsets, one.outputs, strict=True)
    ]
    return [(offset, value["body"], value["conversationMsgSeq"]) for offset, value in values]


def answer(work: AppendWork, task: OutgoingTask, *results: int | str | Failure) -> list[Finished]:
    """What is finished with these results."""
    outcome = take_reply(work, task, results)
    assert outcome is not None
    return outcome.finished


def test_a_task_as_the_broker_gets_it() -> None:
    work = append_work()
    work.add_record("abc123", record(7))
    [task] = plan(work)
    assert (task.task_id, task.name) == ("append-1700-0", "chat_tasks.append_messages")
    assert (task.queue, task.losses) == (queue_of(b"abc123", 4), 0)
    assert task.summary == "(1 conversations, 1 records)"
    document = json.loads(task.body)
    assert document["epoch"] == 1_700
    assert document["generations"] == {"host": 1_600}
    assert document["conversations"] == [["abc123", None, [[7, 500, json.loads(message("7"))]]]]


def test_a_task_of_a_sampled_trace_names_the_span_of_its_sending() -> None:
    sender: Headers = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    work = append_work()
    work.add_record("abc123", record(7, headers=sender))
    work.add_record("abc123", record(8))
    with exported_spans() as spans:
        [task] = plan(work)
        task.span.end()
        [span] = spans.all()
    queue = f"chat.{task.queue:02d}"
    assert span.name == f"send {queue}"
    assert span.attributes == {
        "messaging.system": "celery",
        "messaging.destination.name": queue,
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.message.id": task.task_id,
        "messaging.batch.message_count": 2,
    }
    trace = decode_append_task(task.body).trace
    assert trace is not None
    assert trace.traceparent == f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"
    assert span.context.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    # The sender's headers come out as they were.
    [finished] = answer(work, task, 0)
    assert [output.headers for output in finished.outputs] == [
        [*sender, ("chat.sent_at", b"500")],
        [("chat.sent_at", b"500")],
    ]


def test_an_output_has_its_number_its_key_and_its_senders_headers() -> None:
    work = append_work()
    work.add_record("abc123", record(7, headers=[("trace", b"t")]))
    [task] = plan(work)
    [finished] = answer(work, task, 41)
    assert (finished.partition, list(finished.offsets)) == (LOG, [7])
    [output] = finished.outputs
    assert (output.topic, output.partition, output.key) == (
        "instant_message_out",
        partition_of(b"abc123", 3),
        b"abc123",
    )
    assert output.value == message("7").replace(b',"body"', b',"conversationMsgSeq":41,"body"')
    assert output.headers == [("trace", b"t"), ("chat.sent_at", b"500")]


def test_only_the_first_task_of_a_conversation_has_to_read_its_head() -> None:
    work, worker = append_work(), SimulatedWorker({"host": 1_600})
    numbers = []
    for offset in (3, 8, 9):
        work.add_record("abc123", record(offset))
        [task] = plan(work)
        [[_, head, _]] = json.loads(task.body)["conversations"]
        numbers.append((head, published(answer(work, task, *worker.perform(task).results))))
    assert numbers == [(None, [(3, "3", 0)]), (0, [(8, "8", 1)]), (1, [(9, "9", 2)])]


def test_replayed_records_are_written_and_not_published() -> None:
    work, worker = append_work(), SimulatedWorker({"host": 1_600})
    replayed = [record(3, replay=True), record(4, replay=True)]
    for one in [*replayed, record(5)]:
        work.add_record("abc123", one)
    [task] = plan(work)
    outcome = work.take_reply(task, worker.perform(task), now=0)
    assert outcome is not None
    assert outcome.replayed == replayed
    assert published(outcome.finished) == [(5, "5", 2)]


@given(lengths=st.lists(st.integers(1, 90_000), min_size=1, max_size=12), replays=st.sets(st.integers(0, 11)))
def test_a_large_batch_is_finished_in_pieces_that_are_published_apart(lengths: list[int], replays: set[int]) -> None:
    work, worker = append_work(SETTINGS.model_copy(update={"task_bytes": 2_000_000})), SimulatedWorker({"host": 1_600})
    for offset, length in enumerate(lengths):
        one = record(offset, replay=offset in replays)
        work.add_record("abc123", structs.replace(one, value=message("x" * length)))
    [task] = plan(work)
    finished = answer(work, task, *worker.perform(task).results)
    new = [offset for offset in range(len(lengths)) if offset not in replays]
    assert [(offset, number) for offset, _, number in published(finished)] == [(offset, offset) for offset in new]
    sizes = [[lengths[offset] for offset in one.offsets] for one in finished]
    assert all(sum(size[:-1]) < 64_000 for size in sizes)
    assert all(sum(size) + 100 * len(size) >= 64_000 for size in sizes[:-1])
    assert (work.records, work.bytes) == (0, 0)


def test_a_conversation_that_fails_is_tried_again_and_fails_no_neighbour() -> None:
    work, worker = append_work(), SimulatedWorker({"host": 1_600})
    same_queue = [key for key in map("conversation {}".format, range(20)) if queue_of(key.encode(), 4) == 0][:3]
    for offset, key in enumerate(same_queue):
        work.add_record(key, record(offset, key))
    [task] = plan(work)
    reply = worker.perform(task, failing=frozenset(same_queue[1:2]))
    outcome = work.take_reply(task, reply, now=0)
    assert outcome is not None
    assert published(outcome.finished) == [(0, "0", 0), (2, "2", 0)]
    assert outcome.retries == {"Cassandra is down": 1}
    retry_at = work.schedulers[TaskKind.APPEND].next_plan_at(now=0)
    assert retry_at is not None
    [task] = plan(work, retry_at)
    assert published(answer(work, task, *worker.perform(task).results)) == [(1, "1", 0)]


@pytest.mark.parametrize("result", [Failure(Answer.BUSY, "held"), Failure(Answer.RETRY, "down"), "a block"])
def test_whatever_is_no_number_and_no_refusal_is_tried_again(result: str | Failure) -> None:
    work = append_work()
    work.add_record("abc123", record(0))
    [task] = plan(work)
    assert answer(work, task, result) == []
    assert plan(work, now=60) != []


def test_a_late_reply_is_ignored() -> None:
    work = append_work()
    work.add_record("abc123", record(0))
    [lost] = plan(work)
    assert work.schedulers[lost.kind].lost(lost.number)
    assert not work.schedulers[lost.kind].lost(lost.number)
    [again] = plan(work)
    assert take_reply(work, lost, [0]) is None
    assert published(answer(work, again, 0)) == [(0, "0", 0)]
    assert take_reply(work, again, [0]) is None


@pytest.mark.parametrize("results", [[], [0, 1]])
def test_a_reply_that_does_not_fit_leaves_its_task_outstanding(results: list[int]) -> None:
    work = append_work()
    work.add_record("abc123", record(0))
    [task] = plan(work)
    with pytest.raises(ValueError, match="results for 1 conversations"):
        take_reply(work, task, results)
    assert outstanding(work) == 1
    assert published(answer(work, task, 0)) == [(0, "0", 0)]


def test_a_number_that_does_not_follow_is_never_published() -> None:
    work = append_work()
    work.heads[LOG.number].written("abc123", 7, replay=False)
    work.add_record("abc123", record(0))
    for now, wrong in enumerate((424_242, 7), start=1):
        [task] = plan(work, 60 * now)
        assert answer(work, task, wrong) == []
    [task] = plan(work, 300)
    outcome = take_reply(work, task, [-1])
    assert outcome is not None
    assert outcome.finished == []
    assert outcome.refused == {"abc123": "a worker gave the number -1 after 7 to offset 0"}
    assert plan(work, 600) == []


def test_right_numbers_make_up_for_wrong_ones() -> None:
    work = append_work()
    for offset in range(5):
        work.add_record("abc123", record(offset))
        [task] = plan(work, 60 * offset)
        assert answer(work, task, -1) == []
        [task] = plan(work, 60 * offset + 30)
        assert published(answer(work, task, offset)) == [(offset, str(offset), offset)]


def test_a_broker_that_forgot_everything_loses_every_task_and_no_record() -> None:
    work = append_work()
    keys = [f"conversation {number}" for number in range(20)]
    for offset, key in enumerate(keys):
        work.add_record(key, record(offset, key))
    lost = plan(work)
    assert work.schedulers[TaskKind.APPEND].lose_all() == len(lost)
    assert outstanding(work) == 0
    again = plan(work)
    assert {task.losses for task in again} == {1}
    finished = [
        one for task in again for one in answer(work, task, *SimulatedWorker({"host": 1_600}).perform(task).results)
    ]
    assert sorted(offset for one in finished for offset in one.offsets) == list(range(20))
    assert (work.records, work.bytes, outstanding(work)) == (0, 0, 0)


def test_new_records_do_not_wait_for_a_replay_where_the_head_is_known() -> None:
    work = replayed_and_new()
    new, again = plan(work)
    assert (new.task_id, again.task_id) == ("append-1700-0", "replay-1700-0")
    assert json.loads(new.body)["conversations"] == [["abc123", 7, [[9, 500, json.loads(message("9"))]]]]
    assert json.loads(again.body)["conversations"] == [["abc123", None, [[3, 500, json.loads(message("3"))]]]]
    assert published(answer(work, new, 8)) == [(9, "9", 8)]
    outcome = take_reply(work, again, [4])
    assert outcome is not None
    assert [one.offset for one in outcome.replayed] == [3]
    assert (work.records, work.bytes, outstanding(work)) == (0, 0, 0)


def test_the_heads_of_letters_are_read_and_theirs_are_not_kept() -> None:
    work = append_work(requests={"abc123": 7})
    for offset in range(3):
        letter = structs.replace(record(offset), is_letter=True)
        work.take_letters("abc123", FoundLetters([letter], offset, complete=False))
        work.write_letters("abc123")
        [task] = plan(work)
        assert decode_append_task(task.body).conversations[0].head is None
        take_reply(work, task, [offset])
        work.heads[LOG.number].replay_ended()
        assert not work.heads[LOG.number].has_head("abc123")


def test_a_replay_takes_one_task_of_a_queue_and_small_ones_where_workers_are_slow() -> None:
    work = much_to_replay()
    first = plan(work)
    assert sorted(task.queue for task in first) == list(range(SETTINGS.queues))

    for task in first:
        take_reply(work, task, [0] * conversations_of(task), seconds=3.0, now=0)
    for fast, slow in zip(first, plan(work), strict=True):
        assert conversations_of(slow) < conversations_of(fast)


def test_tasks_grow_as_long_as_workers_are_quick_and_shrink_where_nothing_gets_done() -> None:
    work = append_work(SETTINGS.model_copy(update={"queues": 1, "tasks_per_queue": 1}))
    for offset in range(10 * SETTINGS.task_records):
        work.add_record(str(offset), record(offset, str(offset)))
    sizes = []
    now = 0
    for result in (0, 0, 0, 0, 0, 0, Failure(Answer.RETRY, "down"), Failure(Answer.RETRY, "down"), 0):
        now += 60
        [task] = plan(work, now)
        sizes.append(conversations_of(task))
        take_reply(work, task, [result] * sizes[-1], seconds=0.001, now=now)
    most = SETTINGS.task_records
    assert sizes == [100, 200, 400, 800, 1600, most, most, most // 2, most // 4]


def much_to_replay() -> AppendWork:
    """Ten thousand conversations with a record each, whose newest numbers are known."""
    heads = PartitionHeads(capacity=10_000)
    work = append_work(heads={LOG.number: heads})
    for offset in range(10_000):
        heads.written(str(offset), 0, replay=False)
        work.add_record(str(offset), record(offset, str(offset), replay=True))
    return work


def conversations_of(task: OutgoingTask) -> int:
    return len(decode_append_task(task.body).conversations)
