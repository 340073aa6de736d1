"""What dispatch sends to a worker and what it gets back: JSON, with a version.

The records of an append task are the log's own bytes, spliced into the body: dispatch neither decodes nor encodes them.

    append task:  {"version": 1, "task": id, "reply_to": list, "epoch": ms, "log_id": uuid,
                   "generations": {host id: generation},
                   "conversations": [[key, head or null, [[offset, sent_at, message], …]], …]}
    latest task:  {"version": 1, "task": id, "reply_to": list, "generations": {…},
                   "requests": [[key, number of messages, before sequence or null], …]}
    reply:        {"version": 1, "task": id, "seconds": that the worker took,
                   "results": [one for each conversation or request, in order]}

A result is a number (the first sequence number given), a string (the block's JSON), or a failure: [answer, reason].
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from chat_tasks.errors import UnsupportedVersion
from chat_tasks.records import LogRecord

VERSION = 1
APPEND_TASK = "chat_tasks.append_messages"
LATEST_TASK = "chat_tasks.latest_messages"

Generations = dict[str, int]
"""Cassandra host id → `gossip_generation`: the seconds since 1970 at which that node last started."""


class Answer(StrEnum):
    """Why a conversation or request was not served."""

    BUSY = "busy"
    """A later assignment holds the conversation's lock."""
    RETRY = "retry"
    """Something failed that may work later."""
    REFUSED = "refused"
    """It will never work: the conversation is to be quarantined."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The answer and, for people, the reason."""

    answer: Answer
    reason: str


Result = int | str | Failure


@dataclass(frozen=True, slots=True)
class ConversationBatch:
    """The oldest unwritten records of one conversation; `head` is the number before the first, None where unknown."""

    conversation_key: str
    head: int | None
    records: Sequence[LogRecord]


@dataclass(frozen=True, slots=True)
class AppendTask:
    """The decoded `chat_tasks.append_messages`."""

    task_id: str
    reply_to: str
    epoch: int
    log_id: UUID
    generations: Generations
    conversations: Sequence[ConversationBatch]


@dataclass(frozen=True, slots=True)
class LatestRequest:
    """Up to `count` of the newest messages below `before` (None: of all)."""

    conversation_key: str
    count: int
    before: int | None


@dataclass(frozen=True, slots=True)
class LatestTask:
    """The decoded `chat_tasks.latest_messages`."""

    task_id: str
    reply_to: str
    generations: Generations
    requests: Sequence[LatestRequest]


@dataclass(frozen=True, slots=True)
class Reply:
    """The decoded reply."""

    task_id: str
    seconds: float
    results: Sequence[Result]


def check_version(what: str, document: dict[str, Any]) -> None:
    """Raises `UnsupportedVersion`."""
    if document.get("version") != VERSION:
        raise UnsupportedVersion(what, document.get("version"))


def decode_append_task(document: dict[str, Any]) -> AppendTask:
    """Raises `UnsupportedVersion`, and `KeyError`, `TypeError` or `ValueError` where the shape is wrong."""
    check_version("append task", document)
    return AppendTask(
        task_id=document["task"],
        reply_to=document["reply_to"],
        epoch=document["epoch"],
        log_id=UUID(document["log_id"]),
        generations=document["generations"],
        conversations=[
            ConversationBatch(
                key,
                head,
                [
                    LogRecord(offset, sent_at, message["sender"], message["recipients"], message["body"])
                    for offset, sent_at, message in records
                ],
            )
            for key, head, records in document["conversations"]
        ],
    )


def decode_latest_task(document: dict[str, Any]) -> LatestTask:
    """Raises `UnsupportedVersion`, and `KeyError`, `TypeError` or `ValueError` where the shape is wrong."""
    check_version("latest task", document)
    return LatestTask(
        task_id=document["task"],
        reply_to=document["reply_to"],
        generations=document["generations"],
        requests=[LatestRequest(*request) for request in document["requests"]],
    )


def encode_conversation(conversation_key: str, head: int | None, records: Sequence[tuple[int, int, bytes]]) -> bytes:
    """One member of an append task's `conversations`; a record is (offset, sent_at, the message's canonical JSON)."""
    spliced = b",".join([b"[%d,%d,%b]" % record for record in records])
    return b"[%b,%b,[%b]]" % (orjson.dumps(conversation_key), orjson.dumps(head), spliced)


def encode_append_task(
    *,
    task_id: str,
    reply_to: str,
    epoch: int,
    log_id: str,
    generations: Generations,
    conversations: Sequence[bytes],
) -> bytes:
    """`conversations` are what `encode_conversation` made."""
    envelope = orjson.dumps(
        {
            "version": VERSION,
            "task": task_id,
            "reply_to": reply_to,
            "epoch": epoch,
            "log_id": log_id,
            "generations": generations,
        }
    )
    return b'%b,"conversations":[%b]}' % (envelope[:-1], b",".join(conversations))


def encode_latest_task(
    *, task_id: str, reply_to: str, generations: Generations, requests: Sequence[LatestRequest]
) -> bytes:
    """The bytes of the task's one argument."""
    return orjson.dumps(
        {
            "version": VERSION,
            "task": task_id,
            "reply_to": reply_to,
            "generations": generations,
            "requests": [(request.conversation_key, request.count, request.before) for request in requests],
        }
    )


def encode_reply(task_id: str, seconds: float, results: Sequence[Result]) -> bytes:
    """The bytes that a worker pushes to `reply_to`; `seconds` is the time it took."""
    encoded = [[str(result.answer), result.reason] if isinstance(result, Failure) else result for result in results]
    return orjson.dumps({"version": VERSION, "task": task_id, "seconds": seconds, "results": encoded})


def decode_reply(value: bytes) -> Reply:
    """Raises `UnsupportedVersion`, and `KeyError`, `TypeError` or `ValueError` where the shape is wrong."""
    document = orjson.loads(value)
    if not isinstance(document, dict):
        raise TypeError("a reply is a JSON object")
    check_version("reply", document)
    task_id, seconds, results = document["task"], document["seconds"], document["results"]
    if not isinstance(task_id, str) or not isinstance(seconds, int | float) or not isinstance(results, list):
        raise TypeError("a reply has the id of its task, the seconds it took and a list of results")
    return Reply(task_id, seconds, [_decode_result(result) for result in results])


def _decode_result(result: Any) -> Result:
    if isinstance(result, list):
        answer, reason = result
        if not isinstance(reason, str):
            raise TypeError("a failure's reason is a text")
        return Failure(Answer(answer), reason)
    if isinstance(result, bool) or not isinstance(result, int | str):
        raise TypeError(f"a result is no {type(result).__name__}")
    return result
