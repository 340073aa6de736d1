"""How far a replay has come that did not end: the next assignment of the same process goes on from there.

Where servers go away one after the other no replay would ever end otherwise, and the log, which keeps what has to be
written again, would grow from one to the next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.dispatch.assignment_facts import AssignmentFacts
from bridge.transaction import Partition


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Of one partition of the log: what was published of the records before `offset` is written, but for `missing`.

    Those lie before it. Of each conversation the records that are missing, or lie beyond, are the last ones: else what
    is written again of it would end with a number that is not its newest.
    """

    offset: int = 0
    missing: frozenset[int] = frozenset()

    def __contains__(self, offset: int) -> bool:
        return offset < self.offset and offset not in self.missing

    @property
    def start(self) -> int:
        """Nothing before it has to be written."""
        return min(self.missing, default=self.offset)

    def left(self, low: int, end: int) -> int:
        """How many offsets from `low` to before `end` are not among these."""
        return max(0, end - max(low, self.offset)) + sum(low <= offset < end for offset in self.missing)

    def beyond(self, durable: int) -> "Rewritten":
        """Given that what lies before that offset need never be written again."""
        return Rewritten(max(self.offset, durable), frozenset(offset for offset in self.missing if offset >= durable))

    def followed_by(self, end: int, missing: Iterable[int]) -> "Rewritten":
        """After an assignment that began with these, and has written again what it had to up to `end`, but for some."""
        unread = (one for one in self.missing if one >= end)
        return Rewritten(max(self.offset, end), frozenset(missing).union(unread))


NOTHING_REWRITTEN = Rewritten()


class RewrittenPartitions:
    """Of all partitions, under the Cassandra nodes' generations of now.

    What is written stays so until a node starts, whoever has the partitions meanwhile, and whatever is published.
    """

    def __init__(self) -> None:
        self._log_id = ""
        self._generations: Mapping[str, int] = {}
        self._of: dict[Partition, Rewritten] = {}

    def of(self, facts: AssignmentFacts, partition: Partition) -> Rewritten:
        """For an assignment which begins with these facts."""
        return self._of.get(partition, NOTHING_REWRITTEN) if self._is_known(facts) else NOTHING_REWRITTEN

    def note(self, facts: AssignmentFacts, partition: Partition, end: int, missing: Iterable[int]) -> None:
        """An assignment which began with these facts ends: see `Rewritten.followed_by`."""
        rewritten = self.of(facts, partition).followed_by(end, missing)
        if not self._is_known(facts):
            self._log_id, self._generations, self._of = facts.log_id, facts.generations, {}
        self._of[partition] = rewritten

    def _is_known(self, facts: AssignmentFacts) -> bool:
        return (self._log_id, self._generations) == (facts.log_id, facts.generations)
