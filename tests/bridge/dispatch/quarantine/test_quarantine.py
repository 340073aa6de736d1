"""Conversations that can never be written become dead letters, in order."""

from chat_tasks.formats.tasks import Answer, Failure
from tests.bridge.dispatch.appends import append_work, message, outstanding, plan, record, replayed_and_new, take_reply


def test_a_refused_conversation_waits_for_its_quarantine_and_becomes_dead_letters() -> None:
    work = append_work()
    work.add_record("abc123", record(0, headers=[("trace", b"t")]))
    [task] = plan(work)
    outcome = take_reply(work, task, [Failure(Answer.REFUSED, "row 0 holds another text")])
    assert outcome is not None
    assert outcome.refused == {"abc123": "row 0 holds another text"}
    work.add_record("abc123", record(1, replay=True))
    work.add_record("abc123", record(2))
    assert plan(work, now=1_000) == []

    dead = work.quarantine("abc123", "row 0 holds another text")
    assert [offset for one in dead.finished for offset in one.offsets] == [0, 2]
    assert [one.offset for one in dead.replayed] == [1]
    [letter] = dead.finished[0].outputs
    assert (letter.topic, letter.key, letter.value) == ("dead_letter", b"abc123", message("0"))
    headers = dict(letter.headers)
    assert (headers["trace"], headers["chat.sent_at"]) == (b"t", b"500")
    assert headers["__connect.errors.topic"] == b"conversation_log"
    assert headers["__connect.errors.offset"] == b"0"
    assert headers["__connect.errors.exception.message"] == b"row 0 holds another text"

    later = work.add_record("abc123", record(3))
    assert later is not None
    assert [offset for one in later.finished for offset in one.offsets] == [3]
    assert (work.records, work.bytes) == (0, 0)


def test_a_conversation_quarantined_earlier_never_reaches_a_worker() -> None:
    work = append_work(quarantined=frozenset({"abc123"}))
    outcomes = [work.add_record("abc123", record(0)), work.add_record("abc123", record(1, replay=True))]
    assert [len(outcome.finished) for outcome in outcomes if outcome is not None] == [1, 0]
    assert plan(work) == []


def test_what_of_the_conversation_is_with_a_worker_meanwhile_becomes_a_dead_letter_too() -> None:
    work = replayed_and_new()
    new, again = plan(work)
    take_reply(work, again, [Failure(Answer.REFUSED, "row 4 holds another text")])
    dead = work.quarantine("abc123", "row 4 holds another text")
    assert [offset for one in dead.finished for offset in one.offsets] == [9]
    assert [one.offset for one in dead.replayed] == [3]
    assert take_reply(work, new, [8]) is None
    assert (work.records, work.bytes, outstanding(work)) == (0, 0, 0)
