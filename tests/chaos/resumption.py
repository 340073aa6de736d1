"""When messages came out again after a fault: new ones, and all of the old ones."""

from collections.abc import Mapping, Sequence
from math import inf

from stack.output_check import percentile
from tests.chaos.history import Fault, History
from tests.chaos.nemesis import Recovery


def resumed_after(history: History, fault: Fault) -> float:
    """Seconds from the fault's end until every output partition had one of the messages that were acknowledged since.

    So it is the slowest partition that counts, and conversations that the fault did not touch do not hide the others.
    Partitions without a single output in the whole run are left out.
    """
    acknowledged = {one.body: one.at for one in history.sent}
    first: dict[int, float] = {one.partition: inf for one in history.outputs}
    for one in history.outputs:
        if acknowledged.get(one.body, 0.0) >= fault.ended:
            first[one.partition] = min(first[one.partition], one.at)
    return max(first.values(), default=inf) - fault.ended


def resumptions(history: History) -> Mapping[str, list[float]]:
    """Of each kind of fault, in the order in which they were met."""
    found: dict[str, list[float]] = {}
    for fault in history.faults:
        found.setdefault(fault.name, []).append(resumed_after(history, fault))
    return found


def recovery_table(recoveries: Sequence[Recovery], history: History) -> list[str]:
    """A line a kind of fault: how often it was met, and medians until something new was out, and all of the old."""
    caught_up: dict[str, list[float]] = {}
    for recovery in recoveries:
        caught_up.setdefault(recovery.name, []).append(recovery.seconds)
    resumed = resumptions(history)
    return [
        f"{name:45} {len(seconds):3} times, new messages after {percentile(sorted(resumed[name]), 0.5):5.1f} s, "
        f"all old ones after {percentile(sorted(seconds), 0.5):5.1f} s"
        for name, seconds in sorted(caught_up.items())
    ]
