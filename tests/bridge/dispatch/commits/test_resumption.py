"""A dispatcher that goes on after the rows publishes each record without a row, and replays all others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.commits.commit_metadata import CommitMetadata, decode_metadata, encode_metadata
from bridge.dispatch.commits.partition_progress import Delivery, PartitionProgress
from bridge.dispatch.commits.resumption import resume_after_rows
from bridge.kafka.transaction import OWN_METADATA, Partition
from chat_tasks.errors import ConfigurationError

PARTITION = Partition("log", 0)


@given(low=st.integers(0, 100), records=st.dictionaries(st.integers(0, 300), st.booleans()))
def test_what_has_a_row_is_replayed_and_the_rest_is_work(low: int, records: dict[int, bool]) -> None:
    has_row = {low + offset: records[offset] for offset in sorted(records)}
    commit = resume_after_rows(PARTITION, low, has_row)
    progress = PartitionProgress(PARTITION, commit.offset, decode_metadata(commit.metadata), "today")
    delivered = {offset: progress.deliver(offset) for offset in has_row}
    expected = {True: {Delivery.REPLAY}, False: {Delivery.WORK}}
    assert all(delivered[offset] in expected[written] for offset, written in has_row.items())


def test_records_without_a_row_that_no_commit_can_hold_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="--log publish-again"):
        resume_after_rows(PARTITION, 0, {offset: offset % 16 > 0 for offset in range(200_000)})


def test_the_mark_of_a_commit_is_the_metadata_of_a_dispatcher_that_has_finished_nothing() -> None:
    assert encode_metadata(CommitMetadata()) == OWN_METADATA
    assert decode_metadata(OWN_METADATA) == CommitMetadata()
