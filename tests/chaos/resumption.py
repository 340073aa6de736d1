"""When messages came out again after a fault: new ones, and all of the old ones."""

from collections import defaultdict
from collections.abc import Sequence
from math import inf

from chat_tasks.routing import partition_of
from stack.output_check import percentile
from tests.chaos.history import History
from tests.chaos.nemesis import Recovery


def resumptions(history: History, log_partitions: int) -> list[float]:
    """Seconds from each fault's end until something acknowledged since was out of every partition of input and log.

    An ingest has some partitions of the input, a dispatcher some of the log: so the slowest counts, and conversations
    that the fault did not touch do not hide the others. Partitions without a message in the whole run are left out.
    """
    seen = {one.body: one.at for one in history.outputs}
    messages = sorted(
        (
            one.at,
            seen.get(one.body, inf),
            ("input", one.partition),
            ("log", partition_of(one.conversation.encode(), log_partitions)),
        )
        for one in history.sent
    )
    found: list[float] = []
    for fault in history.faults:
        first = {partition: inf for _, _, *both in messages for partition in both}
        last = inf
        for acknowledged, out, *both in messages:
            if acknowledged < fault.ended:
                continue
            # Nothing comes out before it is acknowledged.
            if acknowledged > last:
                break
            for partition in both:
                first[partition] = min(first[partition], out)
            last = max(first.values())
        found.append(max(first.values(), default=inf) - fault.ended)
    return found


def recovery_table(recoveries: Sequence[Recovery], resumed: Sequence[float]) -> list[str]:
    """A line a kind of fault: how often it was met, and medians until something new was out, and all of the old.

    `resumed` are the `resumptions` of the same faults; the last fault has no recovery where there was none.
    """
    by_name: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for recovery, seconds in zip(recoveries, resumed, strict=False):
        by_name[recovery.name].append((seconds, recovery.seconds))
    lines: list[str] = []
    for name, times in sorted(by_name.items()):
        new, old = (percentile(sorted(both), 0.5) for both in zip(*times, strict=True))
        lines.append(
            f"{name:45} {len(times):3} times, new messages after {new:5.1f} s, all old ones after {old:5.1f} s"
        )
    return lines
