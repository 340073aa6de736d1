"""How long records take to be published: from their append to the log, and from the sender's time."""

from collections.abc import Iterator, Sequence

from bridge.dispatch.work import Finished
from bridge.kafka.headers import SENT_AT
from bridge.loop.measuring.delivery_times import DeliveryTimes
from chat_tasks.metrics import definitions
from chat_tasks.metrics.histogram import Histogram
from chat_tasks.metrics.metric import Sample

# A measurement costs three microseconds, and a transaction may have thousands of batches.
_MOST_OF_A_TRANSACTION = 32


class PublishTimes:
    """The times of one dispatch process's published batches.

    `ProcessState` owns the times, and they outlive assignments and loops. `Dispatch` adds to them in the loop's thread,
    once for each transaction; the thread that answers a Prometheus server reads. Of a transaction at most 32 batches
    are measured, evenly spaced, each by its first record, and counted once for each of its records. No method raises.
    """

    def __init__(self, output_topic: str) -> None:
        self._output_topic = output_topic
        self._from_log = Histogram()
        self._from_sender = Histogram()

    def published(self, batches: Sequence[Finished], delivered: DeliveryTimes, now: float) -> None:
        """Measure batches that were committed at the time `now`, in seconds since 1970."""
        for batch in batches[:: 1 + len(batches) // _MOST_OF_A_TRANSACTION]:
            if not batch.outputs or batch.outputs[0].topic != self._output_topic:
                continue
            records = len(batch.outputs)
            if (appended_at := delivered.time_of(batch.partition, batch.offsets[0])) is not None:
                self._from_log.observe(now - appended_at / 1000, records)
            name, sent_at = batch.outputs[0].headers[-1]
            if name == SENT_AT and sent_at is not None:
                self._from_sender.observe(now - int(sent_at) / 1000, records)

    def samples(self) -> Iterator[Sample]:
        """What was measured."""
        yield definitions.PUBLISH_DURATION.sample(self._from_log)
        yield definitions.END_TO_END_DURATION.sample(self._from_sender)
