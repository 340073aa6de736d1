"""Every invalid record of the input is one dead letter, whole; nothing else is."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checker.anomaly import Anomaly, Kind
from tests.chaos.history import INPUT_TOPIC, OFFSET_NOT_TOLD, History


def letter_anomalies(history: History) -> Iterator[Anomaly]:
    """What is wrong between `instant_message_in` and `dead_letter`."""
    due = {(INPUT_TOPIC, record.partition, record.offset, record.value) for record in history.invalid}
    without_offset = Counter(
        (INPUT_TOPIC, record.partition, record.value) for record in history.invalid if record.offset == OFFSET_NOT_TOLD
    )
    seen = set()
    for letter in history.dead_letters:
        record = letter.source_topic, letter.source_partition, letter.source_offset, letter.value
        text = f"of {letter.source_topic} {letter.source_partition}/{letter.source_offset}"
        if record in seen:
            yield Anomaly(Kind.LETTER_DOUBLED, None, text)
        elif record not in due:
            alike = letter.source_topic, letter.source_partition, letter.value
            if without_offset[alike] > 0:
                without_offset[alike] -= 1
            else:
                yield Anomaly(Kind.LETTER_INVENTED, None, text)
        seen.add(record)
    for topic, partition, offset, value in sorted(due - seen):
        if offset != OFFSET_NOT_TOLD:
            yield Anomaly(Kind.LETTER_LOST, None, f"of {topic} {partition}/{offset}, {len(value)} bytes")
    for (topic, partition, value), number in without_offset.items():
        if number > 0:
            text = f"of {topic} {partition}, offset not told, {len(value)} bytes: {number} of them"
            yield Anomaly(Kind.LETTER_LOST, None, text)
