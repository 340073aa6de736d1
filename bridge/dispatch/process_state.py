"""What dispatch knows that outlasts a loop."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.dispatch.commits.checkpoints import Checkpoints
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.kafka.transaction import CommittedOffset


@dataclass(slots=True)
class ProcessState:
    """Owned by the dispatch process. Each loop of the process uses it in turn, in its own thread.

    Nothing of it is trusted before it is compared with what the servers say when an assignment begins. `checkpoints`
    tell which offsets were committed when.

    `kept_heads` are what the last assignment knew of each partition's heads as of its last commit, by the id of the log
    and that commit. If the group still holds that very commit, offset and metadata, nobody else has published anything
    since but letters of released conversations, whose offsets were finished before. The head of such a conversation is
    not among these: it was forgotten when the conversation was quarantined, and the letter that came of it changed the
    commit.
    """

    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    kept_heads: Mapping[tuple[str, CommittedOffset], PartitionHeads] = field(default_factory=dict)
