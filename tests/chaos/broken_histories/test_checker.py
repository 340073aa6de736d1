"""The checker finds nothing in correct histories, and in broken ones what is broken, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from tests.chaos.broken_histories.broken_answers import ANSWERS
from tests.chaos.broken_histories.broken_messages import MESSAGES
from tests.chaos.broken_histories.broken_rows import ROWS
from tests.chaos.broken_histories.mutilations import Mutilation
from tests.chaos.broken_histories.perfect_pipeline import BUSY, LAST_REQUEST, histories
from tests.chaos.checker.checker import Kind, anomalies
from tests.chaos.history import History

_CASES = [*MESSAGES.cases, *ROWS.cases, *ANSWERS.cases]


@given(histories())
def test_a_correct_history_has_no_anomalies(history: History) -> None:
    assert anomalies(history) == []


@pytest.mark.parametrize(("mutilate", "kinds"), _CASES, ids=[mutilation.__name__ for mutilation, _ in _CASES])
@given(history=histories())
def test_a_broken_history_is_reported_as_what_it_is(
    mutilate: Mutilation, kinds: frozenset[Kind], history: History
) -> None:
    mutilate(history)
    assert {anomaly.kind for anomaly in anomalies(history)} == kinds


@given(history=histories())
def test_rows_that_were_deleted_on_purpose_are_no_anomaly_and_others_are(history: History) -> None:
    history.rows = [row for row in history.rows if row.conversation != BUSY or row.sequence >= 2]
    history.blocks = [
        replace(block, messages=tuple(one for one in block.messages if one[2] >= 2))
        if block.identity == LAST_REQUEST
        else block
        for block in history.blocks
    ]
    history.deleted_below = {BUSY: 2}
    assert anomalies(history) == []
    history.deleted_below = {BUSY: 1}
    assert Kind.OUTPUT_WITHOUT_ROW in {anomaly.kind for anomaly in anomalies(history)}


@given(history=histories())
def test_messages_that_were_erased_on_purpose_are_no_anomaly_and_others_are(history: History) -> None:
    history.rows = [
        replace(row, recipients=(), body="") if (row.conversation, row.sequence) == (BUSY, 1) else row
        for row in history.rows
    ]
    history.blocks = [
        replace(
            block,
            messages=tuple((sender, "" if number == 1 else body, number) for sender, body, number in block.messages),
        )
        if block.conversation == BUSY
        else block
        for block in history.blocks
    ]
    history.erased = {BUSY: {1}}
    assert anomalies(history) == []
    history.erased = {BUSY: {0}}
    assert Kind.ROW_DIFFERS in {anomaly.kind for anomaly in anomalies(history)}


def test_every_kind_has_been_seen() -> None:
    assert {kind for _, kinds in _CASES for kind in kinds} == set(Kind)


@given(history=histories())
def test_a_history_is_read_back_as_it_was_saved(tmp_path_factory: pytest.TempPathFactory, history: History) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "history.json"
    history.save(path)
    assert History.load(path) == history
