"""What dispatch knows that outlasts a loop."""

from dataclasses import dataclass, field

from bridge.dispatch.commits.checkpoints import Checkpoints
from bridge.dispatch.heads.kept_heads import KeptHeads


@dataclass(slots=True)
class ProcessState:
    """Nothing of it is trusted before it is compared with what the servers say when an assignment begins."""

    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    kept_heads: KeptHeads = field(default_factory=KeptHeads)
