"""Replays that the console carries out, as far as they need no server."""

import pytest

from bridge.audit.entry import Who
from bridge.audit.trail import AuditTrail
from bridge.letters.replay import Progress, Receipted, Refused
from bridge.letters.selection import Selection
from bridge.records.replay_receipts import LetterId
from chat_tasks.errors import ChatTasksError, NotReplayed
from chat_tasks.settings import Settings
from console.letters.page import whole_replay_view
from console.letters.replays import MOST_LETTERS, Replay, Replays
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS

ANN = Who("operator", "ann")


def a_replay(wanted: Selection) -> Replay:
    return Replay("id", wanted, None, is_dry_run=False, command="", by=ANN, began=1.0)


def test_what_became_of_each_letter_is_remembered_and_of_too_many_it_is_counted() -> None:
    replay = a_replay(Selection())
    for offset in range(MOST_LETTERS + 2):
        replay.report(Refused(LetterId(0, offset), None, f"reason {offset % 2}"))
    replay.report(Receipted(LetterId(1, 0), "c"))
    assert (len(replay.refused), len(replay.receipted)) == (MOST_LETTERS, 1)
    view = whole_replay_view(replay, first=0, limit=3)
    assert view.refused == MOST_LETTERS + 2
    assert view.reasons == dict.fromkeys(("reason 0", "reason 1"), MOST_LETTERS // 2 + 1)
    assert [one.letter for one in view.refusals] == ["0@0", "0@1", "0@2"]
    assert [(one.letter, one.conversationKey) for one in view.outcomes] == [("1@0", "c")]


def test_a_replay_that_is_stopped_ends_with_its_next_progress() -> None:
    replay = a_replay(Selection())
    replay.note(Progress(1, 2, 0))
    replay.is_stopping = True
    with pytest.raises(ChatTasksError, match="it was stopped"):
        replay.note(Progress(2, 2, 1))
    assert whole_replay_view(replay).sent == 1


def test_the_audit_names_letters_by_their_ids_if_there_is_one() -> None:
    one, two = LetterId(0, 1), LetterId(0, 2)
    assert a_replay(Selection(frozenset([one]))).target == "letters 0@1"
    assert a_replay(Selection(frozenset([one, two]))).target == "letters that a dry run found (2)"
    assert a_replay(Selection(reason="it's odd")).target == "letters that match"
    assert a_replay(Selection()).target == "all letters"


def test_one_replay_runs_at_a_time_and_none_without_the_audit() -> None:
    settings = Settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    replays = Replays(settings, AuditTrail(settings))
    first = replays.start(Selection(), command="", by=ANN)
    with pytest.raises(NotReplayed, match="a replay runs already"):
        replays.start(Selection(), command="", by=ANN)
    assert wait_until(lambda: not first.runs, PATIENCE_SECONDS)
    assert first.failure is not None
    assert first.failure.startswith("nothing was done, because the audit cannot be written: ")
    second = replays.start(Selection(), command="", by=ANN)
    assert [one.id for one in replays.all()] == [second.id, first.id]
    assert replays.find("another") is None
