"""The facts that the servers tell before an assignment's work can begin."""

from collections.abc import Mapping
from typing import NamedTuple

from chat_tasks.formats.seal import Seal
from chat_tasks.formats.tasks import Generations


class AssignmentFacts(NamedTuple):
    """The facts that one assignment begins with.

    `seal` is that of the pipeline and of the log with the id `log_id`, for tasks and replies.
    `generations` are the start times of Cassandra's nodes. `requests` are the quarantined conversations that are to be
    released, each with its request's time; `quarantined` are all other quarantined conversations. `horizons` say, by
    partition of the log, below which offset all rows are stored.
    """

    log_id: str
    generations: Generations
    quarantined: frozenset[str]
    requests: Mapping[str, int]
    output_partitions: int
    block_partitions: int
    seal: Seal
    horizons: Mapping[int, int]
