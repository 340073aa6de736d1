"""What has to be asked of the servers before an assignment's work can begin."""

from collections.abc import Mapping
from dataclasses import dataclass

from chat_tasks.formats.tasks import Generations


@dataclass(frozen=True, slots=True)
class AssignmentFacts:
    """Of one assignment."""

    log_id: str
    generations: Generations
    quarantined: frozenset[str]
    requests: Mapping[str, int]
    """The quarantined conversations that are to be released are here instead, each with its request's time."""
    output_partitions: int
    block_partitions: int
