"""When messages came out again after a fault: new ones, and all of the old ones."""

from collections import defaultdict
from collections.abc import Sequence
from math import inf

from stack.output_check import percentile
from tests.chaos.history import History
from tests.chaos.nemesis import Recovery


def resumptions(history: History) -> list[float]:
    """Seconds from each fault's end until every output partition had one of the messages acknowledged since.

    So it is the slowest partition that counts, and conversations that the fault did not touch do not hide the others.
    Partitions without a single output in the whole run are left out.
    """
    acknowledged = history.acknowledged_at()
    found: list[float] = []
    for fault in history.faults:
        first = {one.partition: inf for one in history.outputs}
        for one in history.outputs:
            if acknowledged.get(one.body, 0.0) >= fault.ended:
                first[one.partition] = min(first[one.partition], one.at)
        found.append(max(first.values(), default=inf) - fault.ended)
    return found


def recovery_table(recoveries: Sequence[Recovery], history: History) -> list[str]:
    """A line a kind of fault: how often it was met, and medians until something new was out, and all of the old."""
    by_name: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    # There is a recovery for each fault, unless the last one was not recovered from.
    for recovery, resumed in zip(recoveries, resumptions(history), strict=False):
        by_name[recovery.name].append((resumed, recovery.seconds))
    lines: list[str] = []
    for name, times in sorted(by_name.items()):
        new, old = (percentile(sorted(seconds), 0.5) for seconds in zip(*times, strict=True))
        lines.append(
            f"{name:45} {len(times):3} times, new messages after {new:5.1f} s, all old ones after {old:5.1f} s"
        )
    return lines
