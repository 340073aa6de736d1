"""Whoever can write to Redis decides nothing of what is stored and published, and does not stay unnoticed."""

import base64
from typing import Any

import orjson
import pytest
from cassandra.cluster import Session
from redis import Redis

from chat_tasks.formats.celery_body import TASK_CONTENT_TYPE
from chat_tasks.formats.seal import Seal
from chat_tasks.formats.tasks import (
    APPEND_TASK,
    AppendTask,
    decode_append_task,
    encode_append_task,
    encode_conversation,
    encode_reply,
)
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.log.shown_key import shown_key
from chat_tasks.storage.task_keys import read_seal
from stack.waiting import wait_until
from tests.integration.strangers.queued import QueuedTask, queued_task, queues_of, with_body
from tests.pipeline.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, read_topic, send
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

KEY = "abc123"
NUMBER = 424_242
TEXT = "not for the log"


def element(
    headers: dict[str, Any], properties: dict[str, Any], content_type: str = TASK_CONTENT_TYPE, body: str | None = None
) -> bytes:
    """An element of a queue that looks like a task."""
    return orjson.dumps(
        {
            "body": base64.b64encode(orjson.dumps([[TEXT], {}, {}])).decode() if body is None else body,
            "content-encoding": "binary",
            "content-type": content_type,
            "headers": headers,
            "properties": {"body_encoding": "base64", "delivery_tag": "1", "delivery_info": {}, **properties},
        }
    )


NO_TASKS = [
    b"no JSON",
    b"\xff",
    b"{}",
    b"[]",
    # Python's reader of JSON takes no more of it.
    b"[" * 100_000,
    orjson.dumps({"body": TEXT, "headers": {}, "properties": {}}),
    element({"id": "1", "task": "somebody.elses"}, {}, "application/json"),
    element({"id": "1", "task": APPEND_TASK}, {"delivery_tag": []}),
    element({"id": "1", "task": APPEND_TASK}, {"body_encoding": {}}),
    element({"id": "1", "task": APPEND_TASK, "timelimit": "soon", "eta": [], "retries": "many"}, {}),
    element({"id": "1", "task": APPEND_TASK}, {}, body="no base64!"),
]


def message(number: int) -> InstantMessage:
    return InstantMessage(conversationKey=KEY, sender="bob", recipients=["ann"], body=f"message {number}")


def forged_task(like: AppendTask) -> bytes:
    """It would replace the text of the conversation's first row, and turn every other task away."""
    record = (2**62, b"1000", encode_message(message(NUMBER)))
    return encode_append_task(
        task_id="append-1-0",
        reply_to=like.reply_to,
        epoch=2**52,
        log_id=str(like.log_id),
        generations=like.generations,
        conversations=[encode_conversation(KEY, -1, [record])],
    )


def opened(seal: Seal, task: QueuedTask) -> AppendTask:
    return decode_append_task(seal.open(task.queue, task.sealed))


def test_forged_tasks_and_replies_change_nothing_and_are_said(deploy: Deploy, cassandra: Session) -> None:
    # No task that is answered by hand may be sent again meanwhile.
    deployment = deploy(task_deadline=10)
    settings = deployment.settings
    seal = read_seal(cassandra, settings)
    _, dispatch, worker = deployment.start("ingest.1", "dispatch.1", "worker.1")
    send(settings, [message(0)])
    read_outputs(settings, [message(0)])
    with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        for found in NO_TASKS:
            redis.rpush("chat.00", found)
            assert wait_until(lambda: not redis.llen("chat.00"), PATIENCE_SECONDS)
    worker.wait_for_line("an element of a queue is refused: it is no task")
    assert worker.stop() == 0
    assert TEXT not in worker.log

    send(settings, [message(1)])
    task = queued_task(settings)
    mine = opened(seal, task)
    with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        # A reply that nobody has signed, and a task whose signature is another task's.
        redis.rpush(mine.reply_to, encode_reply(mine.task_id, 0.1, [NUMBER]))
        dispatch.wait_for_line(f"a reply in {mine.reply_to} is refused: it is not signed (1 refused until now)")
        redis.rpush(mine.reply_to, task.sealed)
        redis.rpush(task.queue, with_body(task, task.sealed[:64] + forged_task(mine)))
        [worker] = deployment.start("worker.2")
        worker.wait_for_line(f"a task in queue {task.queue} is refused: it is not signed")
        read_outputs(settings, [message(0), message(1)])
        worker.stop()

        # A task that was moved to another queue, under whose name it cannot be done.
        send(settings, [message(2)])
        task = queued_task(settings)
        [other] = set(queues_of(settings)) - {task.queue}
        redis.rpush(other, task.item)
        [worker] = deployment.start("worker.3")
        worker.wait_for_line(f"a task in queue {other} is refused: it is signed with another key, or for another queue")
        sent = [message(number) for number in range(3)]
        read_outputs(settings, sent)
        worker.stop()

        # A worker that numbers wrongly: its replies are signed, and do not follow what dispatch knows.
        send(settings, [message(3)])
        for _ in range(3):
            task = queued_task(settings)
            mine = opened(seal, task)
            assert mine.conversations[0].head == 2
            redis.delete(task.queue)
            redis.rpush(mine.reply_to, seal.close(mine.reply_to, encode_reply(mine.task_id, 0.1, [NUMBER])))
    conversation = shown_key(KEY, settings)
    assert dispatch.log.count(f"{conversation} is sent again: ") == 2
    dispatch.wait_for_line(f"conversation {conversation} is going to be quarantined: a worker gave the number {NUMBER}")
    [letter] = read_topic(settings, settings.dead_letter_topic, 1)
    assert letter.value() == encode_message(message(3))
    assert_rows_match(cassandra, settings, read_outputs(settings, sent))
    # The first worker met elements that are no tasks, and one that is not signed.
    for process in deployment.processes:
        assert process.log.count(" is refused: ") <= 2
