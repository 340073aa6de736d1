"""The same guarantees the other well-known way: one loop, conditional writes, Kafka transactions; no Celery, no Redis.

After a crash it keeps the order of what is keyed only: of a conversation spread over several input partitions, numbers
that have their rows may be published after higher ones.

Consume at most as many records as the argument says, one conditional batch for each conversation among them, publish
with the offsets in one transaction, again. It shares the product's settings, clients and connections, so that only the
design differs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from bench.contestants.lwt_rows import ConditionalRows, Source
from bridge.kafka.clients import consumer_config, producer_config
from chat_tasks.conversation.routing import partition_of
from chat_tasks.formats.topics import (
    Message,
    decode_message,
    decode_request,
    encode_block,
    encode_message,
    with_sequence,
)
from chat_tasks.settings import Settings, settings
from chat_tasks.storage.session import connect

_SECONDS = 30.0


class _Loop:
    """Consumes, writes and publishes, one round after the other."""

    def __init__(self, configured: Settings, messages_at_once: int) -> None:
        self._settings = configured
        self._messages_at_once = messages_at_once
        self._rows = ConditionalRows(connect(configured), configured.cassandra_keyspace)
        group = configured.ingest_group
        self._producer = Producer(producer_config(configured, group))
        self._producer.init_transactions(_SECONDS)
        self._consumer = Consumer({**consumer_config(configured, group), "auto.offset.reset": "earliest"})
        self._consumer.subscribe(
            [configured.message_topic, configured.request_topic], on_assign=self._rebalanced, on_revoke=self._rebalanced
        )

    def run(self) -> None:
        """Run until the process is ended. Raises `KafkaException` if only a restart helps."""
        while True:
            first: Any = self._consumer.poll(1.0)
            if first is None:
                continue
            # More would be waited for; what is here already is taken at once.
            messages: list[Any] = [first, *self._consumer.consume(self._messages_at_once - 1, 0)]
            if records := [message for message in messages if message.error() is None]:
                self._round(records)

    def _round(self, records: Sequence[Any]) -> None:
        topic = self._settings.message_topic
        outputs = list(self._outputs([record for record in records if record.topic() == topic]))
        blocks = self._blocks([record for record in records if record.topic() != topic])
        producer = self._producer
        producer.begin_transaction()
        for name, key, value in (*outputs, *blocks):
            producer.produce(name, value, key, partition_of(key, self._settings.topic_partitions))
        offsets = {(record.topic(), record.partition()): record.offset() + 1 for record in records}
        producer.send_offsets_to_transaction(
            [TopicPartition(*where, offset) for where, offset in offsets.items()],
            self._consumer.consumer_group_metadata(),
            _SECONDS,
        )
        producer.commit_transaction(_SECONDS)

    def _outputs(self, records: Sequence[Any]) -> Iterable[tuple[str, bytes, bytes]]:
        pending: dict[str, dict[Source, Message]] = {}
        for record in records:
            message = decode_message(record.value())
            pending.setdefault(message.conversationKey, {})[Source(record.partition(), record.offset())] = message
        for key, numbers in self._rows.write(pending).items():
            for source, sequence in sorted(numbers.items(), key=lambda item: item[1]):
                value = with_sequence(encode_message(pending[key][source]), sequence)
                yield self._settings.output_topic, key.encode(), value

    def _blocks(self, records: Sequence[Any]) -> Iterable[tuple[str, bytes, bytes]]:
        requests = [decode_request(record.value()) for record in records]
        newest = self._rows.newest([(request.conversationKey, request.numMsgs) for request in requests])
        for request, latest in zip(requests, newest, strict=True):
            key = request.conversationKey
            yield self._settings.block_topic, key.encode(), encode_block(key, latest)

    def _rebalanced(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._rows.forget_heads()


if __name__ == "__main__":
    _Loop(settings(), int(sys.argv[1])).run()
