"""How far a replay has come that did not end: the next assignment of the same process goes on from there.

Where servers go away one after the other no replay would ever end otherwise, and the log, which keeps what has to be
written again, would grow from one to the next.
"""

from collections.abc import Mapping

from bridge.dispatch.assignment_facts import AssignmentFacts
from bridge.transaction import Partition


class Rewritten:
    """Up to which offset all rows of what was published are written, under the generations of now.

    They stay so until a node starts, whoever has the partitions meanwhile, and whatever is published in between.
    """

    def __init__(self) -> None:
        self._log_id = ""
        self._generations: Mapping[str, int] = {}
        self._offsets: dict[Partition, int] = {}

    def up_to(self, facts: AssignmentFacts, partition: Partition) -> int:
        """That offset, for an assignment which begins with these facts; 0 where nothing is known."""
        return self._offsets.get(partition, 0) if self._is_of(facts) else 0

    def note(self, facts: AssignmentFacts, offsets: Mapping[Partition, int]) -> None:
        """An assignment that began with these facts has come so far."""
        if not self._is_of(facts):
            self._log_id, self._generations, self._offsets = facts.log_id, facts.generations, {}
        for partition, offset in offsets.items():
            self._offsets[partition] = max(offset, self._offsets.get(partition, 0))

    def _is_of(self, facts: AssignmentFacts) -> bool:
        return (self._log_id, self._generations) == (facts.log_id, facts.generations)
