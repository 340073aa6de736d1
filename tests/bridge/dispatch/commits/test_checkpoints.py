"""When what was committed may go."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.commits import checkpoints as module
from bridge.dispatch.commits.checkpoints import Checkpoints, Era
from bridge.kafka.transaction import Partition

LOG = Partition("conversation_log", 0)
OTHER = Partition("conversation_log", 1)
YESTERDAY, TODAY = Era("the log", "before a node started"), Era("the log", "after")


def test_a_record_may_go_when_it_was_committed_long_enough_ago() -> None:
    checkpoints = Checkpoints()
    for offset, now in ((1, 100), (2, 200), (3, 300)):
        checkpoints.committed(LOG, offset, TODAY, now)
    assert checkpoints.purgeable([LOG], TODAY, before=99) == {}
    assert checkpoints.purgeable([LOG], TODAY, before=200) == {LOG: 2}
    assert checkpoints.purgeable([LOG], TODAY, before=200) == {}
    assert checkpoints.purgeable([LOG], TODAY, before=1000) == {LOG: 3}


def test_what_was_written_again_is_as_old_as_that() -> None:
    checkpoints = Checkpoints()
    checkpoints.committed(LOG, 1, YESTERDAY, 100)
    assert checkpoints.purgeable([LOG], TODAY, before=1000) == {}
    checkpoints.committed(LOG, 1, TODAY, 200)
    assert checkpoints.purgeable([LOG], TODAY, before=150) == {}
    assert checkpoints.purgeable([LOG], TODAY, before=200) == {LOG: 1}


def test_of_another_log_nothing_is_known() -> None:
    checkpoints = Checkpoints()
    checkpoints.committed(LOG, 1, TODAY, 100)
    assert checkpoints.purgeable([LOG], TODAY._replace(log_id="another"), before=1000) == {}


def test_only_those_that_are_asked_for_are_told() -> None:
    checkpoints = Checkpoints()
    checkpoints.committed(LOG, 1, TODAY, 100)
    checkpoints.committed(OTHER, 2, TODAY, 100)
    assert checkpoints.purgeable([OTHER], TODAY, before=100) == {OTHER: 2}
    assert checkpoints.purgeable([LOG, OTHER], TODAY, before=100) == {LOG: 1}


@given(commits=st.integers(1, 3 * module._MOST_CHECKPOINTS), before=st.integers(0, 4 * module._MOST_CHECKPOINTS))
def test_many_are_thinned_out_and_never_tell_too_much(commits: int, before: int) -> None:
    checkpoints = Checkpoints()
    for number in range(commits):
        checkpoints.committed(LOG, number, TODAY, number)
    found = checkpoints.purgeable([LOG], TODAY, before).get(LOG, -1)
    assert found <= before
    assert found >= min(before, commits - 1) - 64
