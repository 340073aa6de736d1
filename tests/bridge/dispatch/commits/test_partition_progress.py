"""One partition: what is work, what is a replay, what the group is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.commits.commit_metadata import CommitMetadata, decode_metadata
from bridge.dispatch.commits.partition_progress import Delivery, PartitionProgress
from bridge.dispatch.commits.replay import PartitionState
from bridge.kafka.transaction import CommittedOffset, Partition

PARTITION = Partition("conversation_log", 3)
WORK, REPLAY, DONE = Delivery.WORK, Delivery.REPLAY, Delivery.DONE


def resume(commit: CommittedOffset, digest: str = "today") -> PartitionProgress:
    """A successor that starts from a commit."""
    return PartitionProgress(PARTITION, commit.offset, decode_metadata(commit.metadata), digest)


def progress_until(offset: int, *unfinished: int) -> PartitionProgress:
    """Everything from 0 on was delivered and, but for these, finished and committed; no node has started since."""
    progress = PartitionProgress(PARTITION, 0, CommitMetadata("today", None), "today")
    for delivered in range(offset):
        progress.deliver(delivered)
    for finished in set(range(offset)) - set(unfinished):
        progress.finish(finished)
    return progress


def test_new_records_are_work_until_they_are_finished() -> None:
    progress = progress_until(3, 1)
    assert progress.deliver(3) is WORK
    commit = progress.commit()
    assert (commit.partition, commit.offset) == (PARTITION, 1)


def test_a_successor_works_on_what_is_unfinished_only() -> None:
    successor = resume(progress_until(4, 1, 3).commit())
    assert successor.state is not PartitionState.REPLAYING
    assert [successor.deliver(offset) for offset in range(1, 6)] == [WORK, DONE, WORK, WORK, WORK]


def test_after_a_node_has_started_what_was_published_is_written_again() -> None:
    successor = resume(progress_until(4, 1, 3).commit(), digest="a node has started")
    assert successor.state is PartitionState.REPLAYING
    assert [successor.deliver(offset) for offset in range(5)] == [REPLAY, WORK, REPLAY, WORK, WORK]


def test_the_replay_ends_when_all_of_it_is_written() -> None:
    successor = resume(progress_until(3).commit(), digest="a node has started")
    assert [successor.deliver(offset) for offset in range(3)] == [REPLAY] * 3
    for _ in range(3):
        assert successor.state is PartitionState.REPLAYING
        successor.replayed()
    assert successor.state is not PartitionState.REPLAYING


def test_the_replay_does_not_end_before_all_of_it_is_read() -> None:
    successor = resume(progress_until(3).commit(), digest="a node has started")
    successor.deliver(0)
    successor.replayed()
    successor.reached_end(2)
    assert successor.state is PartitionState.REPLAYING
    successor.reached_end(3)
    assert successor.state is not PartitionState.REPLAYING


def test_the_first_new_record_shows_that_it_is_read_where_the_last_offset_holds_none() -> None:
    # Offset 2 is a transaction's marker: nobody ever delivers it.
    committed = PartitionProgress(PARTITION, 3, CommitMetadata("today", None), "today").commit()
    successor = resume(committed, digest="a node has started")
    assert [successor.deliver(0), successor.deliver(1)] == [REPLAY, REPLAY]
    successor.replayed()
    successor.replayed()
    assert successor.state is PartitionState.REPLAYING
    assert successor.deliver(3) is WORK
    assert successor.state is not PartitionState.REPLAYING


def test_an_empty_partition_has_nothing_to_replay_once_its_end_is_seen() -> None:
    progress = PartitionProgress(PARTITION, 0, CommitMetadata(), "today")
    assert progress.state is PartitionState.REPLAYING
    progress.reached_end(0)
    assert progress.state is not PartitionState.REPLAYING


def test_the_group_hears_of_a_replay_when_it_has_ended_and_not_before() -> None:
    successor = resume(progress_until(1).commit(), digest="a node has started")
    successor.deliver(0)
    successor.deliver(1)
    assert decode_metadata(successor.commit().metadata).digest == "today"
    successor.replayed()
    assert successor.state is PartitionState.REPLAYED
    commit = successor.commit()
    assert decode_metadata(commit.metadata).digest == "a node has started"
    assert successor.state is PartitionState.REPLAYED
    successor.committed()
    assert successor.state is not PartitionState.REPLAYED


def test_what_holds_no_record_is_committed_when_all_is_finished() -> None:
    progress = progress_until(3, 1)
    progress.reached_end(5)
    behind = [progress.is_behind_its_end]
    progress.finish(1)
    behind.append(progress.is_behind_its_end)
    commit = progress.commit()
    behind.append(progress.is_behind_its_end)
    assert (commit.offset, behind) == (5, [False, True, False])
    successor = resume(commit)
    assert successor.deliver(5) is WORK
    assert successor.commit().offset == 5


@given(unfinished=st.sets(st.integers(0, 9)), first=st.integers(0, 11), length=st.integers(1, 12))
def test_what_is_passed_over_finishes_with_all_of_it_that_was_delivered_before(
    unfinished: set[int], first: int, length: int
) -> None:
    end = first + length
    progress = resume(progress_until(10, *unfinished).commit())
    passed_over = progress.pass_over(first, end)
    expected = unfinished & set(range(first, end)) | ({end - 1} if end > 10 else set())
    assert passed_over == sorted(expected)
    progress.finish(*passed_over)
    assert progress.commit().offset == min(unfinished - expected, default=max(10, end))


def test_what_was_delivered_is_not_passed_over() -> None:
    progress = resume(progress_until(4, 1, 3).commit())
    progress.deliver(1)
    assert progress.pass_over(0, 4) == [3]


def test_finishing_twice_is_publishing_twice() -> None:
    progress = progress_until(1)
    with pytest.raises(ValueError, match="offset 0 is not unfinished"):
        progress.finish(0)


def test_a_straggler_makes_the_metadata_grow_and_says_how_far() -> None:
    progress = progress_until(0)
    sizes = []
    for offset in range(20_000):
        progress.deliver(offset)
        if offset % 2:
            progress.finish(offset)
        sizes.append(progress.largest_encoding)
    assert sizes == sorted(sizes)
    assert progress.largest_encoding >= 20_000 / 8
