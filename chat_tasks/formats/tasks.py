"""What dispatch sends to a worker and what it gets back: JSON, with a version.

The records of an append task are the log's own bytes, spliced into the body: dispatch neither decodes nor encodes them,
and the worker decodes them once, into what it works on.

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
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import orjson

from chat_tasks.conversation.records import TaskRecord
from chat_tasks.errors import UnsupportedVersion

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


class ConversationBatch(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """The oldest unwritten records of one conversation; `head` is the number before the first, None where unknown."""

    conversation_key: str
    head: int | None
    records: Annotated[list[TaskRecord], msgspec.Meta(min_length=1)]


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


def check_version(what: str, version: object) -> None:
    """Raises `UnsupportedVersion`."""
    if version != VERSION:
        raise UnsupportedVersion(what, version)


class _AppendTask(msgspec.Struct, frozen=True):
    version: int
    task: str
    reply_to: str
    epoch: int
    log_id: UUID
    generations: Generations
    conversations: list[ConversationBatch]


class _LatestTask(msgspec.Struct, frozen=True):
    version: int
    task: str
    reply_to: str
    generations: Generations
    requests: list[tuple[str, int, int | None]]


class _Version(msgspec.Struct, frozen=True):
    version: Any = None


TaskT = TypeVar("TaskT", _AppendTask, _LatestTask)

_append_tasks = msgspec.json.Decoder(_AppendTask)
_latest_tasks = msgspec.json.Decoder(_LatestTask)
_versions = msgspec.json.Decoder(_Version)


def decode_append_task(body: bytes) -> AppendTask:
    """Raises `UnsupportedVersion`, and `ValueError` where the shape is wrong."""
    task = _decode("append task", _append_tasks, body)
    return AppendTask(task.task, task.reply_to, task.epoch, task.log_id, task.generations, task.conversations)


def decode_latest_task(body: bytes) -> LatestTask:
    """Raises `UnsupportedVersion`, and `ValueError` where the shape is wrong."""
    task = _decode("latest task", _latest_tasks, body)
    requests = [LatestRequest(*request) for request in task.requests]
    return LatestTask(task.task, task.reply_to, task.generations, requests)


def _decode(what: str, decoder: "msgspec.json.Decoder[TaskT]", body: bytes) -> TaskT:
    try:
        task = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        # Of another version the shape may be another one too, and then that is the reason.
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            check_version(what, _versions.decode(body).version)
        raise ValueError(f"malformed {what}: {error}") from error
    check_version(what, task.version)
    return task


def encode_conversation(conversation_key: str, head: int | None, records: Sequence[tuple[int, bytes, bytes]]) -> bytes:
    """One member of an append task's `conversations`.

    A record is its offset, its sender's time in decimal milliseconds, and the message's canonical JSON.
    """
    spliced = b",".join([b"[%d,%b,%b]" % record for record in records])
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
    """The body of a latest task."""
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
    check_version("reply", document.get("version"))
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
