"""Which records of the log were finished, as the group's offsets say."""

from types import SimpleNamespace

import pytest
from confluent_kafka import OFFSET_INVALID

from bridge.commands.verify import finished
from bridge.commands.verify.finished import FinishedRecords
from bridge.kafka.transaction import Partition
from chat_tasks.conversation.routing import partition_of
from chat_tasks.settings import Settings
from chat_tasks.storage.inspection.stored_runs import NewestRow
from tests.bridge.dispatch.appends import LOG_ID

SETTINGS = Settings(kafka_bootstrap_servers="127.0.0.1:1", log_partitions=3)


def test_a_partition_without_an_offset_does_not_move_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {
        Partition(SETTINGS.log_topic, number): SimpleNamespace(offset=offset, metadata="")
        for number, offset in enumerate([OFFSET_INVALID, 10, 20])
    }
    monkeypatch.setattr(finished, "committed_offsets", lambda *_: held)
    records = FinishedRecords(SETTINGS, LOG_ID)
    keys = {partition_of(key.encode(), 3): key for key in map(str, range(30))}
    row = NewestRow(0, records._log_id, 15)
    assert [records.has(keys[number], row) for number in range(3)] == [False, False, True]
