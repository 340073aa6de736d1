"""Which records of the log were finished at some moment: published, or a dead letter."""

from collections.abc import Mapping
from contextlib import closing
from uuid import UUID

from confluent_kafka import OFFSET_INVALID, Consumer

from bridge.dispatch.commits.commit_metadata import decode_metadata
from bridge.dispatch.commits.offset_tracker import OffsetTracker
from bridge.kafka.clients import reader_config
from bridge.kafka.groups import committed_offsets
from bridge.kafka.transaction import Partition
from chat_tasks.conversation.routing import partition_of
from chat_tasks.settings import Settings
from chat_tasks.storage.inspection.stored_runs import NewestRow


class FinishedRecords:
    """The records that the group had finished when this was made."""

    def __init__(self, settings: Settings, log_id: str) -> None:
        """Ask Kafka. Raises `KafkaException`, `ConfigurationError`."""
        self._log_id = UUID(log_id)
        self._partitions = settings.log_partitions
        partitions = [Partition(settings.log_topic, number) for number in range(settings.log_partitions)]
        with closing(Consumer(reader_config(settings, settings.dispatch_group))) as consumer:
            held = committed_offsets(consumer, partitions)
        self._of: Mapping[int, OffsetTracker] = {
            partition.number: OffsetTracker(one.offset, decode_metadata(one.metadata).finished)
            for partition, one in held.items()
            if one.offset != OFFSET_INVALID
        }

    def has(self, conversation_key: str, row: NewestRow) -> bool:
        """Whether the record of the row was finished. A row of another log counts as finished."""
        if row.log_id != self._log_id or row.log_offset is None:
            return True
        tracker = self._of.get(partition_of(conversation_key.encode(), self._partitions))
        return (
            tracker is not None
            and row.log_offset < tracker.high_watermark
            and not tracker.is_unfinished(row.log_offset)
        )
