"""A fault is over for the users when every way through the pipeline has something new."""

from math import inf

from chat_tasks.conversation.routing import partition_of
from tests.chaos.history import Fault, History, Output, Sent
from tests.chaos.run.nemesis import Recovery
from tests.chaos.run.resumption import Resumption, recovery_table, resumptions

FAULT = Fault("dispatch killed", began=100.0, ended=100.0)
LOG_PARTITIONS = 2
ANN, BOB = "c2", "c1"
"""Conversations in different partitions of the log."""


def test_the_two_conversations_are_in_different_partitions_of_the_log() -> None:
    assert partition_of(ANN.encode(), LOG_PARTITIONS) != partition_of(BOB.encode(), LOG_PARTITIONS)


def test_the_slowest_partition_of_the_log_counts() -> None:
    history = _history((ANN, 0, 99.0, 100.1), (ANN, 0, 100.5, 100.6), (BOB, 0, 100.2, 102.5))
    assert _resumptions(history) == [2.5]


def test_the_slowest_partition_of_the_input_counts() -> None:
    history = _history((ANN, 0, 100.5, 100.6), (ANN, 1, 100.2, 103.5))
    assert _resumptions(history) == [3.5]


def test_a_later_message_may_be_the_first_one_out_of_a_partition() -> None:
    history = _history((ANN, 0, 100.5, 104.0), (ANN, 0, 101.0, 102.0))
    assert _resumptions(history) == [2.0]


def test_what_was_sent_before_is_not_new() -> None:
    history = _history((ANN, 0, 99.0, 103.0), (ANN, 0, 101.0, 104.0))
    assert _resumptions(history) == [4.0]


def test_a_partition_that_stays_silent_never_resumed() -> None:
    history = _history((ANN, 0, 99.0, 99.5), (BOB, 0, 101.0, 104.0))
    assert _resumptions(history) == [inf]


def test_what_never_comes_out_is_never_the_first() -> None:
    history = _history((ANN, 0, 101.0, 102.0))
    history.sent.append(Sent(0, 7, BOB, "lost", 100.5))
    assert _resumptions(history) == [inf]


def test_what_was_sent_during_the_fault_may_be_the_first_output() -> None:
    history = _history((ANN, 0, 99.0, 103.0), (ANN, 0, 101.0, 104.0), fault=Fault("kafka killed", 98.0, 100.0))
    assert resumptions(history, LOG_PARTITIONS) == [Resumption(first=3.0, new=4.0)]


def test_what_came_out_before_the_end_is_not_the_first_output() -> None:
    history = _history((ANN, 0, 99.0, 99.5), (ANN, 0, 101.0, 104.0), fault=Fault("redis killed", 98.0, 100.0))
    assert resumptions(history, LOG_PARTITIONS) == [Resumption(first=4.0, new=4.0)]


def test_the_table_has_a_line_a_kind() -> None:
    (line,) = recovery_table([Recovery(FAULT.name, 2.0)], [Resumption(first=1.0, new=1.5)])
    assert line.split(maxsplit=2)[:2] == ["dispatch", "killed"]
    assert line.endswith("1 times, first output after   1.0 s, new messages after   1.5 s, all old ones after   2.0 s")


def _resumptions(history: History) -> list[float]:
    found = [one.new for one in resumptions(history, LOG_PARTITIONS)]
    return [round(seconds, 6) if seconds < inf else inf for seconds in found]


def _history(*messages: tuple[str, int, float, float], fault: Fault = FAULT) -> History:
    """Each message is (conversation, partition of the input, acknowledged at, seen at)."""
    history = History(faults=[fault])
    for offset, (conversation, partition, acknowledged, seen) in enumerate(messages):
        body = f"message {offset}"
        history.sent.append(Sent(partition, offset, conversation, body, acknowledged))
        history.outputs.append(Output(0, offset, conversation, offset, body, b"", seen))
    return history
