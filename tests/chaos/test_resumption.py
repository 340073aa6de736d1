"""A fault is over for the users when every partition has something new."""

from math import inf

from tests.chaos.history import Fault, History, Output, Sent
from tests.chaos.nemesis import Recovery
from tests.chaos.resumption import recovery_table, resumptions

FAULT = Fault("dispatch killed", began=100.0, ended=100.0)


def test_the_slowest_partition_counts() -> None:
    history = _history(("old", 0, 99.0, 100.1), ("quick", 0, 100.5, 100.6), ("late", 1, 100.2, 102.5))
    assert resumptions(history) == [2.5]


def test_what_was_sent_before_is_not_new() -> None:
    history = _history(("old", 0, 99.0, 103.0), ("new", 0, 101.0, 104.0))
    assert resumptions(history) == [4.0]


def test_a_partition_that_stays_silent_never_resumed() -> None:
    history = _history(("old", 0, 99.0, 99.5), ("new", 1, 101.0, 104.0))
    assert resumptions(history) == [inf]


def test_the_table_has_a_line_a_kind() -> None:
    history = _history(("new", 0, 101.0, 101.5))
    (line,) = recovery_table([Recovery(FAULT.name, 2.0)], history)
    assert line.split(maxsplit=2)[:2] == ["dispatch", "killed"]
    assert line.endswith("1 times, new messages after   1.5 s, all old ones after   2.0 s")


def _history(*messages: tuple[str, int, float, float]) -> History:
    """With that fault; each message is (body, partition, acknowledged at, seen at)."""
    history = History(faults=[FAULT])
    for offset, (body, partition, acknowledged, seen) in enumerate(messages):
        history.sent.append(Sent(0, offset, "c", body, acknowledged))
        history.outputs.append(Output(partition, offset, "c", offset, body, b"", seen))
    return history
