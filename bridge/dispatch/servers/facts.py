"""What has to be asked of the servers before an assignment's work can begin."""

from collections.abc import Mapping
from typing import NamedTuple

from chat_tasks.formats.tasks import Generations


class AssignmentFacts(NamedTuple):
    """What one assignment begins with.

    `generations` are the start times of Cassandra's nodes. `requests` are the quarantined conversations that are to be
    released, each with its request's time; `quarantined` are all others.
    """

    log_id: str
    generations: Generations
    quarantined: frozenset[str]
    requests: Mapping[str, int]
    output_partitions: int
    block_partitions: int
