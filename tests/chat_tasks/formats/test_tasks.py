"""What dispatch and workers say to each other."""

import json
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chat_tasks.conversation.records import TaskRecord, Text
from chat_tasks.errors import UnsupportedVersion
from chat_tasks.formats.tasks import (
    VERSION,
    Answer,
    AppendTask,
    ConversationBatch,
    Failure,
    LatestRequest,
    LatestTask,
    Reply,
    Result,
    decode_append_task,
    decode_latest_task,
    decode_reply,
    encode_append_task,
    encode_conversation,
    encode_latest_task,
    encode_reply,
)
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.tracing.trace_context import TraceContext
from tests.chat_tasks.texts import messages, texts

LOG_ID = "00000000-0000-0000-0000-000000000001"
HI = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}'
OFFSETS = st.integers(0, 2**63 - 1)

generation_maps = st.dictionaries(st.uuids().map(str), st.integers(0, 2**31 - 1), max_size=3)
heads = st.none() | st.integers(-1, 2**63 - 1)
records = st.tuples(OFFSETS, OFFSETS, messages)
results: st.SearchStrategy[Result] = (
    OFFSETS | texts | st.builds(Failure, answer=st.sampled_from(list(Answer)), reason=texts)
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def append_task(conversations: list[bytes], trace: TraceContext | None = None) -> bytes:
    """As dispatch encodes it."""
    return encode_append_task(
        task_id="append-5-0",
        reply_to="chat:replies:dispatch.1:5",
        epoch=5,
        log_id=LOG_ID,
        generations={"host": 1_700_000_000},
        conversations=conversations,
        trace=trace,
    )


def test_an_append_task_as_bytes() -> None:
    assert append_task([encode_conversation("abc123", None, [(10, b"1000", HI)])]) == (
        b'{"version":2,"task":"append-5-0","reply_to":"chat:replies:dispatch.1:5","epoch":5,'
        b'"log_id":"00000000-0000-0000-0000-000000000001","generations":{"host":1700000000},'
        b'"conversations":[["abc123",null,[[10,1000,' + HI + b"]]]]}"
    )


def test_a_task_of_a_sampled_trace_says_so_and_no_other_has_a_byte_more() -> None:
    trace = TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=1")
    conversations = [encode_conversation("abc123", 7, [(10, b"1000", HI)])]
    plain, traced = append_task(conversations), append_task(conversations, trace)
    assert traced == plain[:-1] + b',"trace":{"traceparent":"%b","tracestate":"a=1"}}' % trace.traceparent.encode()
    assert decode_append_task(traced).trace == trace
    assert decode_append_task(plain).trace is None
    assert replace(decode_append_task(traced), trace=None) == decode_append_task(plain)
    latest = encode_latest_task(
        task_id="task", reply_to="replies", generations={}, requests=[], log_id=LOG_ID, published=[], trace=trace
    )
    assert decode_latest_task(latest).trace == trace


def test_an_append_task_as_the_worker_sees_it() -> None:
    task = append_task([encode_conversation("abc123", 7, [(10, b"1000", HI)])])
    assert decode_append_task(task) == AppendTask(
        task_id="append-5-0",
        reply_to="chat:replies:dispatch.1:5",
        epoch=5,
        log_id=UUID(int=1),
        generations={"host": 1_700_000_000},
        conversations=[ConversationBatch("abc123", 7, [TaskRecord(10, 1_000, Text("bob", ["ann"], "Hi there!"))])],
        version=VERSION,
    )


@given(st.lists(st.tuples(texts, heads, st.lists(records, min_size=1, max_size=3)), max_size=3))
def test_any_conversation_arrives_as_it_was_sent(
    conversations: list[tuple[str, int | None, list[tuple[int, int, InstantMessage]]]],
) -> None:
    encoded = [
        encode_conversation(
            key, head, [(offset, b"%d" % sent_at, encode_message(message)) for offset, sent_at, message in mine]
        )
        for key, head, mine in conversations
    ]
    assert decode_append_task(append_task(encoded)).conversations == [
        ConversationBatch(
            key,
            head,
            [
                TaskRecord(offset, sent_at, Text(message.sender, message.recipients, message.body))
                for offset, sent_at, message in mine
            ],
        )
        for key, head, mine in conversations
    ]


@given(
    texts,
    texts,
    generation_maps,
    st.lists(st.builds(LatestRequest, texts, OFFSETS, st.none() | OFFSETS)),
    st.lists(OFFSETS, max_size=3),
)
def test_any_latest_task_arrives_as_it_was_sent(
    task_id: str, reply_to: str, generations: dict[str, int], requests: list[LatestRequest], published: list[int]
) -> None:
    task = encode_latest_task(
        task_id=task_id,
        reply_to=reply_to,
        generations=generations,
        requests=requests,
        log_id=LOG_ID,
        published=published,
    )
    assert decode_latest_task(task) == LatestTask(
        task_id, reply_to, generations, requests, VERSION, UUID(LOG_ID), published
    )


def test_a_latest_task_may_name_nothing_published() -> None:
    task = decode_latest_task(
        b'{"version":2,"task":"latest-5-0","reply_to":"replies","generations":{},"requests":[["abc123",10,null]]}'
    )
    assert (task.log_id, task.published) == (None, [])


def test_a_reply_as_bytes() -> None:
    reply = encode_reply("append-5-0", 0.25, [7, '{"latestChatter":[]}', Failure(Answer.RETRY, "Cassandra is down")])
    assert json.loads(reply) == {
        "version": 2,
        "task": "append-5-0",
        "seconds": 0.25,
        "results": [7, '{"latestChatter":[]}', ["retry", "Cassandra is down"]],
    }


@given(texts, st.lists(results, max_size=5))
def test_any_reply_arrives_as_it_was_sent(task_id: str, answers: list[Result]) -> None:
    assert decode_reply(encode_reply(task_id, 0.25, answers)) == Reply(task_id, 0.25, answers, VERSION)


@pytest.mark.parametrize("version", [0, 1, 3, "2", None])
def test_another_version_is_refused_whatever_else_it_holds(version: object) -> None:
    document = {"version": version}
    with pytest.raises(UnsupportedVersion, match="append task of version"):
        decode_append_task(orjson.dumps(document))
    with pytest.raises(UnsupportedVersion, match="latest task of version"):
        decode_latest_task(orjson.dumps(document))
    with pytest.raises(UnsupportedVersion, match="reply of version"):
        decode_reply(orjson.dumps(document))


@given(json_values, json_values)
def test_a_misshapen_reply_is_refused(task: object, answers: object) -> None:
    try:
        reply = decode_reply(orjson.dumps({"version": 2, "task": task, "seconds": 0.25, "results": answers}))
    except ValueError:
        return
    assert isinstance(reply.task_id, str)
    assert isinstance(reply.seconds, int | float)
    assert all(isinstance(result, int | str | Failure) for result in reply.results)


@given(json_values.map(orjson.dumps) | st.binary())
def test_what_is_no_reply_at_all_has_one_too(value: bytes) -> None:
    with pytest.raises((UnsupportedVersion, ValueError)):
        decode_reply(value)


@given(json_values.map(orjson.dumps) | st.binary())
def test_what_is_no_task_at_all_is_misshapen(body: bytes) -> None:
    with pytest.raises((UnsupportedVersion, ValueError)):
        decode_append_task(body)
    with pytest.raises((UnsupportedVersion, ValueError)):
        decode_latest_task(body)


@pytest.mark.parametrize("missing", ["task", "reply_to", "epoch", "log_id", "generations", "conversations"])
def test_a_task_without_a_member_is_misshapen(missing: str) -> None:
    document = json.loads(append_task([]))
    del document[missing]
    with pytest.raises(ValueError, match=f"malformed append task: .*`{missing}`"):
        decode_append_task(orjson.dumps(document))


@pytest.mark.parametrize(
    "records",
    [[], [(2**63, 1_000, HI)], [(10, 2**63, HI)], [(-1, 1_000, HI)], [(10, -1, HI)]],
    ids=["none", "an offset of 64 bits", "a time of 64 bits", "a negative offset", "a negative time"],
)
def test_records_that_no_log_can_hold_are_misshapen(records: list[tuple[int, int, bytes]]) -> None:
    encoded = [(offset, b"%d" % sent_at, message) for offset, sent_at, message in records]
    task = append_task([encode_conversation("abc123", 7, encoded)])
    with pytest.raises(ValueError, match="malformed append task"):
        decode_append_task(task)
