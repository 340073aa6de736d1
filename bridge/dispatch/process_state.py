"""The knowledge of the dispatch process that outlives assignments and loops."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.dispatch.commits.checkpoints import Checkpoints
from bridge.dispatch.counts import DispatchCounts
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.kafka.transaction import CommittedOffset


@dataclass(slots=True)
class ProcessState:
    """What one assignment leaves to the next one of the same process.

    The dispatch process owns the state, and drops it at its end. Each loop of the process uses it in turn, in the
    loop's thread. Invariant: nothing of it is trusted before it is compared with what the servers say when an
    assignment begins.

    `checkpoints` tell which offsets were committed when. `kept_heads` are what the last assignment knew of each
    partition's heads as of its last commit, by the id of the log and that commit. If the group still holds that very
    commit, offset and metadata, then nobody else has published since, except letters of released conversations, whose
    offsets were finished before. The head of such a conversation is not among the kept heads: it was forgotten when the
    conversation was quarantined, and the letter of the quarantine changed the commit. `counts` only grow, and decide
    nothing.
    """

    counts: DispatchCounts

    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    kept_heads: Mapping[tuple[str, CommittedOffset], PartitionHeads] = field(default_factory=dict)
