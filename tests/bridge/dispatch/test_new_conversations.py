"""What dispatch remembers of conversations has an end, however many there come to be."""

import gc
from collections import deque
from typing import Any

from bridge.dispatch.assignment import AssignmentState
from tests.bridge.dispatch.assignments import GENERATIONS, assignment_work, logged, perform_all, published, requested
from tests.bridge.dispatch.simulated_worker import SimulatedWorker

_CONTAINERS = (dict, list, tuple, set, frozenset, deque)
_ROUND = 50


def size_of(root: Any) -> int:
    """The number of members of all containers that `root` keeps alive."""
    seen: dict[int, Any] = {}
    found = [root]
    while found:
        one = found.pop()
        if id(one) not in seen and not isinstance(one, type) and not callable(one):
            seen[id(one)] = one
            found.extend(gc.get_referents(one))
    return sum(len(one) for one in seen.values() if isinstance(one, _CONTAINERS))


def serve(work: AssignmentState, rounds: range) -> None:
    """A message of each new conversation, and a request for it, from delivery to a commit and a purge."""
    worker = SimulatedWorker(GENERATIONS)
    for number in rounds:
        offsets = range(number * _ROUND, (number + 1) * _ROUND)
        work.receive([logged(offset, key=f"conversation {offset}") for offset in offsets])
        perform_all(work, worker, number)
        request = b'{"conversationKey":"conversation %d","numMsgs":1}'
        work.receive([requested(offset, request % offset) for offset in offsets])
        perform_all(work, worker, number)
        assert len(published(work, number)) == 2 * _ROUND
        work.log_purge.purgeable(number)
    assert not work.has_work()


def test_ten_times_as_many_conversations_need_no_more_memory() -> None:
    work = assignment_work(heads_in_memory=60)
    serve(work, range(5))
    size = size_of(work)
    serve(work, range(5, 50))
    assert size_of(work) <= size + 60


def test_the_heads_that_are_remembered_are_what_the_setting_says() -> None:
    small, large = assignment_work(heads_in_memory=60), assignment_work(heads_in_memory=12 * 600)
    serve(small, range(50))
    serve(large, range(50))
    assert size_of(large) - size_of(small) > 300
