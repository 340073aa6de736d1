"""Where dispatch goes on if its group's offsets are lost: with the records of the log that have no row."""

from collections.abc import Mapping

from bridge.dispatch.commits.commit_metadata import CommitMetadata, encode_metadata
from bridge.dispatch.commits.offset_tracker import OffsetTracker
from bridge.kafka.transaction import LARGEST_METADATA, CommittedOffset, Partition
from chat_tasks.errors import ConfigurationError


def resume_after_rows(partition: Partition, low: int, has_row: Mapping[int, bool]) -> CommittedOffset:
    """The commit of a dispatcher that has published exactly the records that have a row.

    `low` is the first offset that the partition has, `has_row` has every offset of a record, ascending. No digest is in
    the commit, so the records that have a row are replayed. Raises `ConfigurationError` if the commit is too long.
    """
    tracker = OffsetTracker(low)
    for offset, is_written in has_row.items():
        tracker.deliver(offset)
        if is_written:
            tracker.finish(offset)
    metadata = encode_metadata(CommitMetadata(finished=tracker.encode()))
    if len(metadata) > LARGEST_METADATA:
        raise ConfigurationError(
            f"records without a row lie too far apart in {partition.topic}[{partition.number}] for one commit: "
            "only `chat-tasks init --log publish-again` remains"
        )
    return CommittedOffset(partition, tracker.committable, metadata)
