"""After a restart, what was delivered before comes again; until it has, its partition must not be paused for it."""

import pytest

from bridge.dispatch.commits.commit_metadata import decode_metadata
from bridge.dispatch.commits.partition_progress import Delivery, PartitionProgress
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ChatTasksError

LOG = Partition("conversation_log", 3)


def first_life() -> PartitionProgress:
    """Ten records delivered, of which the first is not finished."""
    progress = PartitionProgress(LOG, 0, decode_metadata(""), "")
    for offset in range(10):
        progress.deliver(offset)
    for offset in range(1, 10):
        progress.finish(offset)
    return progress


def test_a_successor_catches_up_until_everything_has_come_again() -> None:
    commit = first_life().commit()
    successor = PartitionProgress(LOG, commit.offset, decode_metadata(commit.metadata), "")
    for offset in range(10):
        assert successor.is_catching_up
        assert successor.deliver(offset) is (Delivery.DONE if offset else Delivery.WORK)
    assert not successor.is_catching_up


def test_the_end_of_the_partition_ends_it_too() -> None:
    commit = first_life().commit()
    successor = PartitionProgress(LOG, commit.offset, decode_metadata(commit.metadata), "")
    successor.reached_end(11)
    assert not successor.is_catching_up


def test_who_resumes_with_everything_finished_has_nothing_to_catch_up_with() -> None:
    progress = first_life()
    progress.finish(0)
    commit = progress.commit()
    assert not PartitionProgress(LOG, commit.offset, decode_metadata(commit.metadata), "").is_catching_up


def test_a_record_that_comes_twice_in_one_assignment_is_a_doubt_and_no_work() -> None:
    progress = first_life()
    with pytest.raises(ChatTasksError, match="offset 9 came after 9"):
        progress.deliver(9)
