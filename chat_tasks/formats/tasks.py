"""The messages between dispatch and workers, tasks and replies: JSON, with a version.

The records of an append task are the log's own bytes, spliced into the body. Dispatch neither decodes nor encodes them,
and the worker decodes them once, into the structs that it works on.

    append task:  {"version": 2, "task": id, "reply_to": list, "epoch": ms, "log_id": uuid,
                   "generations": {host id: generation},
                   "conversations": [[key, head or null, [[offset, sent_at, message], …]], …],
                   "trace": {"traceparent": …, "tracestate": …}, if it is sampled}
    latest task:  {"version": 2, "task": id, "reply_to": list, "generations": {…},
                   "requests": [[key, number of messages, before sequence or null], …],
                   "log_id": uuid, "published": [one offset for each partition of the log],
                   "trace": as in an append task}
    reply:        {"version": 2, "task": id, "seconds": that the worker took,
                   "results": [one for each conversation or request, in order],
                   "work": what the worker did, for dispatch's metrics; a worker of before has none}

Each travels sealed (`chat_tasks/formats/seal.py`). Version 1 was not.

A result is a number (the first sequence number given), a string (the block's JSON), or a failure: [answer, reason].
"""

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
import orjson

from chat_tasks.conversation.records import Integer64, TaskRecord
from chat_tasks.errors import UnsupportedVersion
from chat_tasks.tracing.trace_context import TraceContext

VERSION = 2
NO_VERSION = 0
TaskName = Literal["chat_tasks.append_messages", "chat_tasks.latest_messages"]
APPEND_TASK: TaskName = "chat_tasks.append_messages"
LATEST_TASK: TaskName = "chat_tasks.latest_messages"

# Cassandra host id → `generation` of `gossip_info`: the seconds since 1970 at which that node last started.
Generations = dict[str, int]


class Answer(StrEnum):
    """Why a conversation or request was not served.

    - BUSY: a later assignment holds the conversation's lock.
    - RETRY: something failed that may work later.
    - REFUSED: the conversation can never be written as it is, and is to be quarantined.
    """

    BUSY = "busy"
    RETRY = "retry"
    REFUSED = "refused"


class Failure(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The answer and, for people, the reason."""

    answer: Answer
    reason: str


Result = int | str | Failure


class ConversationBatch(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """The oldest unwritten records of one conversation.

    `head` is the number before the first record, or None if the worker must read it.
    """

    conversation_key: str
    head: int | None
    records: Annotated[list[TaskRecord], msgspec.Meta(min_length=1)]


class LatestRequest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A request for the newest messages, `count` at most, with numbers below `before` (None: all)."""

    conversation_key: str
    count: int
    before: int | None


class AppendTask(msgspec.Struct, frozen=True, rename={"task_id": "task"}):
    """The body of `chat_tasks.append_messages`."""

    task_id: str
    reply_to: str
    epoch: int
    log_id: UUID
    generations: Generations
    conversations: list[ConversationBatch]
    version: int = NO_VERSION
    trace: TraceContext | None = None

    @property
    def records(self) -> int:
        """How many records the task has."""
        return sum(len(batch.records) for batch in self.conversations)


class LatestTask(msgspec.Struct, frozen=True, omit_defaults=True, rename={"task_id": "task"}):
    """The body of `chat_tasks.latest_messages`.

    Every record before its partition's offset in `published` is published. Without these offsets nobody knows.
    """

    task_id: str
    reply_to: str
    generations: Generations
    requests: list[LatestRequest]
    version: int = NO_VERSION
    log_id: UUID | None = None
    published: list[Integer64] = []
    trace: TraceContext | None = None

    @property
    def records(self) -> int:
        """How many requests the task has."""
        return len(self.requests)


class Requests(msgspec.Struct, frozen=True, array_like=True):
    """The seconds for which a worker waited for one kind of request, and how many succeeded and failed."""

    seconds: float
    succeeded: int
    failed: int


class Work(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a worker did since its last reply, for dispatch to count: a worker's children show no metrics themselves.

    `requests` are by operation: those that a dispatcher does not know are passed over.
    """

    requests: dict[str, Requests] = {}
    rows: int = 0
    locks_taken: int = 0
    locks_refused: int = 0


class Reply(msgspec.Struct, frozen=True, omit_defaults=True, rename={"task_id": "task"}):
    """A worker's answer to a task that took the worker that many `seconds`."""

    task_id: str
    seconds: float
    results: Sequence[Result]
    version: int = NO_VERSION
    work: Work | None = None


class _Version(msgspec.Struct, frozen=True):
    version: Any = None


def check_version(what: str, version: object) -> None:
    """Raise `UnsupportedVersion` if this process does not know the version."""
    if version != VERSION:
        raise UnsupportedVersion(what, version)


DocumentT = TypeVar("DocumentT", AppendTask, LatestTask, Reply)

_append_tasks = msgspec.json.Decoder(AppendTask)
_latest_tasks = msgspec.json.Decoder(LatestTask)
_replies = msgspec.json.Decoder(Reply)
_versions = msgspec.json.Decoder(_Version)


def decode_append_task(body: bytes) -> AppendTask:
    """The append task in a body. Raises `UnsupportedVersion`, and `ValueError` if the shape is wrong."""
    return _decode("append task", _append_tasks, body)


def decode_latest_task(body: bytes) -> LatestTask:
    """The latest task in a body. Raises `UnsupportedVersion`, and `ValueError` if the shape is wrong."""
    return _decode("latest task", _latest_tasks, body)


def decode_reply(value: bytes) -> Reply:
    """The reply in these bytes. Raises `UnsupportedVersion`, and `ValueError` if the shape is wrong."""
    return _decode("reply", _replies, value)


def _decode(what: str, decoder: "msgspec.json.Decoder[DocumentT]", body: bytes) -> DocumentT:
    try:
        document = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        # Another version may have another shape. Then the version is the reason to report.
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            check_version(what, _versions.decode(body).version)
        raise ValueError(f"malformed {what}: {error}") from error
    check_version(what, document.version)
    return document


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
    trace: TraceContext | None = None,
) -> bytes:
    """The body of an append task; `encode_conversation` makes each member of `conversations`."""
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
    traced = b"" if trace is None else b',"trace":%b' % msgspec.json.encode(trace)
    return b'%b,"conversations":[%b]%b}' % (envelope[:-1], b",".join(conversations), traced)


def encode_latest_task(
    *,
    task_id: str,
    reply_to: str,
    generations: Generations,
    requests: list[LatestRequest],
    log_id: str,
    published: Sequence[int],
    trace: TraceContext | None = None,
) -> bytes:
    """The body of a latest task."""
    task = LatestTask(task_id, reply_to, generations, requests, VERSION, UUID(log_id), [*published], trace)
    return msgspec.json.encode(task)


def encode_reply(task_id: str, seconds: float, results: Sequence[Result], work: Work | None = None) -> bytes:
    """The bytes that a worker pushes to `reply_to`; `seconds` is the time that the task took."""
    return msgspec.json.encode(Reply(task_id, seconds, results, VERSION, work))
