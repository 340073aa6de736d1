"""What dispatch knows that outlasts a loop."""

from dataclasses import dataclass, field

from bridge.dispatch.checkpoints import Checkpoints
from bridge.dispatch.kept_heads import KeptHeads


@dataclass(slots=True)
class Memory:
    """All of it is about what was committed, and checked against what the group holds when it is used."""

    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    kept_heads: KeptHeads = field(default_factory=KeptHeads)
