"""What dispatch tells of one conversation."""

import orjson

from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.conversations.standing import conversation_route, standing_document
from chat_tasks.formats.tasks import Answer, Failure
from tests.bridge.dispatch.appends import append_work, plan, record, take_reply

KEY = "abc123"


def work_with_records(number: int) -> AppendWork:
    work = append_work()
    for offset in range(number):
        work.add_record(KEY, record(offset, KEY))
    return work


def test_a_conversation_without_trouble_flows() -> None:
    flows = {"state": "flows", "records": 0, "retry": 0, "reason": ""}
    assert standing_document(append_work(), KEY) == flows
    work = work_with_records(3)
    assert standing_document(work, KEY) == {**flows, "records": 3}
    assert standing_document(work, "another") == flows


def test_it_waits_for_a_retry_until_one_succeeds() -> None:
    work = work_with_records(2)
    for retry in (1, 2):
        [task] = plan(work, now=10.0 * retry)
        take_reply(work, task, [Failure(Answer.RETRY, "no Cassandra node answers")], now=10.0 * retry)
        told = standing_document(work, KEY)
        assert told == {"state": "waits", "records": 2, "retry": retry, "reason": "no Cassandra node answers"}
    [task] = plan(work, now=30)
    take_reply(work, task, [0], now=30)
    assert standing_document(work, KEY)["state"] == "flows"


def test_a_task_that_is_lost_is_a_retry_too() -> None:
    work = work_with_records(1)
    [task] = plan(work)
    work.schedulers[task.kind].lost(task.number)
    told = standing_document(work, KEY)
    assert (told["state"], told["retry"], told["reason"]) == ("waits", 1, "no worker has answered in time")


def test_quarantine_and_release_come_before_what_else_is_known() -> None:
    assert standing_document(append_work(quarantined=frozenset({KEY})), KEY)["state"] == "quarantined"
    assert standing_document(append_work(requests={KEY: 1}), KEY)["state"] == "releasing"


def test_the_route_says_what_is_missing() -> None:
    told = conversation_route({"a/b?c": {"state": "flows"}}.get)
    found = told({"key": "a/b?c"})
    assert (found.status, orjson.loads(found.body)) == (200, {"state": "flows"})
    assert told({"key": "another"}).status == 503
    assert told({}).status == 422
