"""No partition of a group that has worked begins anew unless the operator says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.commands.init.starting_offsets import (
    Choices,
    Decision,
    Held,
    check_decisions,
    check_letters,
    decide,
    has_begun,
)
from bridge.kafka.transaction import OWN_METADATA, Partition
from chat_tasks.errors import ConfigurationError

LOG, INPUT = Partition("log", 0), Partition("input", 0)
TODAY, BEFORE = "id of today", "id of before"
PLAIN = Choices()

held = st.builds(
    Held,
    partition=st.just(INPUT),
    offset=st.none() | st.integers(0, 9),
    metadata=st.sampled_from([OWN_METADATA, "1:0011aabb:", "", None, "somebody's"]),
    low=st.integers(0, 4),
    high=st.integers(5, 9),
    topic_id=st.just(TODAY),
    known_id=st.sampled_from([TODAY, BEFORE, None]),
    has_begun=st.booleans(),
    is_log=st.booleans(),
)
choices = st.builds(
    Choices,
    st.sampled_from([None, "earliest", "latest"]),
    st.sampled_from([None, "after-rows", "publish-again"]),
    st.booleans(),
    st.booleans(),
)


def of(offset: int | None, metadata: str = OWN_METADATA, **changed: object) -> Held:
    """What a group holds that has worked, of a partition with the records 3 to 8."""
    held = Held(INPUT, offset, metadata, 3, 9, TODAY, TODAY, has_begun=True, is_log=False)
    return held._replace(**changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "chosen", "decision"),
    [
        (of(5), PLAIN, Decision.KEEP),
        (of(5), Choices("latest", "publish-again"), Decision.KEEP),
        # The first time, and the first time with a version that stores ids.
        (of(None, has_begun=False, known_id=None), PLAIN, Decision.LOW),
        (of(None, has_begun=False, known_id=None), Choices("latest"), Decision.HIGH),
        (of(None, has_begun=False, known_id=None, is_log=True), Choices("latest"), Decision.LOW),
        (of(5, "", known_id=None), PLAIN, Decision.MARK),
        (of(None, known_id=None), PLAIN, Decision.LOST),
        (of(None, known_id=None, is_log=True), PLAIN, Decision.LOST),
        (of(None, known_id=None, low=0, high=0), PLAIN, Decision.LOW),
        # Added later.
        (of(None, has_begun=False), PLAIN, Decision.KEEP),
        (of(None, has_begun=False), Choices(reset_offsets=True), Decision.LOW),
        # Forgotten, or set by something else.
        (of(None), PLAIN, Decision.LOST),
        (of(None), Choices(accept_offsets=True, reset_offsets=True), Decision.LOST),
        (of(None), Choices("earliest"), Decision.LOW),
        (of(None), Choices("latest"), Decision.HIGH),
        (of(None, is_log=True), Choices("latest"), Decision.LOST),
        (of(None, is_log=True), Choices(log="after-rows"), Decision.AFTER_ROWS),
        (of(None, is_log=True), Choices(log="publish-again"), Decision.LOW),
        (of(5, ""), PLAIN, Decision.LOST),
        (of(5, ""), Choices(accept_offsets=True), Decision.MARK),
        (of(5, "", is_log=True), Choices(log="after-rows"), Decision.AFTER_ROWS),
        # Made anew.
        (of(5, known_id=BEFORE), PLAIN, Decision.ANEW),
        (of(None, known_id=BEFORE), Choices("earliest"), Decision.ANEW),
        (of(5, known_id=BEFORE), Choices(reset_offsets=True), Decision.LOW),
        (of(5, known_id=BEFORE, low=0, high=0), PLAIN, Decision.LOW),
        # Out of range.
        (of(2), PLAIN, Decision.KEEP),
        (of(2), Choices(reset_offsets=True), Decision.LOW),
        (of(2, is_log=True), Choices("latest", reset_offsets=True), Decision.LOW),
        (of(10), Choices("latest", reset_offsets=True), Decision.HIGH),
        (of(10, is_log=True), Choices(reset_offsets=True), Decision.PAST_END),
    ],
)
def test_a_decision(found: Held, chosen: Choices, decision: Decision) -> None:
    assert decide(found, chosen) is decision


@given(held)
def test_nothing_that_has_begun_begins_again_unasked(held: Held) -> None:
    decision = decide(held, PLAIN)
    if held.has_begun or held.known_id is not None:
        assert decision not in {Decision.LOW, Decision.HIGH, Decision.AFTER_ROWS}


@given(held, choices)
def test_a_log_is_never_passed_over(held: Held, choices: Choices) -> None:
    if held.is_log:
        assert decide(held, choices) is not Decision.HIGH


@given(held, choices)
def test_an_offset_of_its_own_in_range_stands_whatever_is_chosen(held: Held, choices: Choices) -> None:
    is_in_range = held.offset is not None and held.low <= held.offset <= held.high
    if held.known_id == TODAY and held.metadata == OWN_METADATA and is_in_range:
        assert decide(held, choices) is Decision.KEEP


@pytest.mark.parametrize(
    ("decisions", "named"),
    [
        ({INPUT: Decision.LOST}, "--from latest"),
        ({LOG: Decision.LOST}, "--log after-rows"),
        ({INPUT: Decision.ANEW}, "input was made anew"),
        ({LOG: Decision.PAST_END}, "Delete the topic log"),
    ],
)
def test_the_operator_is_told_what_to_choose(decisions: dict[Partition, Decision], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        check_decisions(decisions, "log")


def test_what_is_decided_needs_no_operator() -> None:
    check_decisions({INPUT: Decision.HIGH, LOG: Decision.AFTER_ROWS}, "log")


@pytest.mark.parametrize(
    ("number", "known", "missing", "has_worked_before_ids", "expected"),
    [
        (0, 0, {0, 1, 2}, False, False),
        # Rows, or another offset of the group, are left of before ids were stored.
        (0, 0, {0, 1, 2}, True, True),
        (2, 3, set(), False, True),
        (3, 3, {3}, False, False),
        (3, 3, {1, 3}, False, True),
    ],
)
def test_a_group_has_begun(
    number: int, known: int, missing: set[int], has_worked_before_ids: bool, expected: bool
) -> None:
    assert has_begun(number, known, missing, has_worked_before_ids=has_worked_before_ids) is expected


def test_no_letters_are_left_behind_unasked() -> None:
    check_letters("log", 0, Choices(reset_offsets=True))
    check_letters("log", 2, Choices(leave_letters=True))
    with pytest.raises(ConfigurationError, match=r"log was made anew while 2 .* release all .* --leave-letters"):
        check_letters("log", 2, Choices(reset_offsets=True))
