"""When messages came out again after a fault: new ones, and all of the old ones."""

from collections import defaultdict
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from chat_tasks.conversation.routing import partition_of
from stack.percentile import percentile
from tests.chaos.history import History
from tests.chaos.run.nemesis import Recovery


class Resumption(NamedTuple):
    """Seconds from a fault's end until it was over for every partition of the input and of the log.

    An ingest has some partitions of the input, a dispatcher some of the log: so the slowest counts, and conversations
    that the fault did not touch do not hide the others. Partitions without a message in the whole run are left out.
    """

    first: float
    """Until something came out that was acknowledged since the fault began."""
    new: float
    """Until something came out that was acknowledged since the fault ended."""


def resumptions(history: History, log_partitions: int) -> list[Resumption]:
    """The `Resumption` of each fault of the history."""
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
    partitions = {partition for _, _, *both in messages for partition in both}
    found: list[Resumption] = []
    for fault in history.faults:
        first = dict.fromkeys(partitions, inf)
        new = dict.fromkeys(partitions, inf)
        for acknowledged, out, *both in messages:
            if acknowledged < fault.began or out < fault.ended:
                continue
            # Nothing comes out before it is acknowledged.
            if acknowledged > max(new.values()):
                break
            for partition in both:
                first[partition] = min(first[partition], out)
                if acknowledged >= fault.ended:
                    new[partition] = min(new[partition], out)
        slowest = (max(times.values(), default=inf) - fault.ended for times in (first, new))
        found.append(Resumption(*slowest))
    return found


def recovery_table(recoveries: Sequence[Recovery], resumed: Sequence[Resumption]) -> list[str]:
    """A line a kind of fault: how often it was met, and the medians of `Resumption` and until all of the old was out.

    `resumed` are the `resumptions` of the same faults; the last fault has no recovery where there was none.
    """
    by_name: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for recovery, resumption in zip(recoveries, resumed, strict=False):
        by_name[recovery.name].append((*resumption, recovery.seconds))
    lines: list[str] = []
    for name, times in sorted(by_name.items()):
        first, new, old = (percentile(sorted(one), 0.5) for one in zip(*times, strict=True))
        lines.append(
            f"{name:45} {len(times):3} times, first output after {first:5.1f} s, new messages after {new:5.1f} s, "
            f"all old ones after {old:5.1f} s"
        )
    return lines
