"""Every acknowledged message comes out exactly once, numbered 0…n-1, in order, each conversation in one partition."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.checker.anomaly import Anomaly, Kind
from tests.chaos.history import OFFSET_NOT_TOLD, History, Output, Sent


def message_anomalies(history: History) -> Iterator[Anomaly]:
    """What is wrong between `instant_message_in` and `instant_message_out`."""
    sent = {(record.conversation, record.body): record for record in history.sent}
    unknown = {(record.conversation, record.body) for record in history.unknown}
    conversations: dict[str, list[Output]] = defaultdict(list)
    first: dict[tuple[str, str], Output] = {}
    for output in history.outputs:
        identity = output.conversation, output.body
        conversations[output.conversation].append(output)
        if identity not in sent and identity not in unknown:
            yield _anomaly(Kind.INVENTED, output, "nobody sent it to this conversation")
        if first.setdefault(identity, output) is not output:
            yield _anomaly(Kind.DOUBLED, output, f"the same message as {_position(first[identity])}")
    for identity, record in sent.items():
        if identity not in first:
            text = (
                f"{record.conversation}: the record at {record.partition}/{record.offset} of the input never came out"
            )
            yield Anomaly(Kind.LOST, record.conversation, text)
    for outputs in conversations.values():
        yield from _conversation_anomalies(outputs)
    yield from _input_order_anomalies(sent, list(first.values()))


def _conversation_anomalies(outputs: list[Output]) -> Iterator[Anomaly]:
    numbers: dict[int, Output] = {}
    highest = outputs[0]
    for output in outputs:
        if output.partition != outputs[0].partition:
            yield _anomaly(Kind.WRONG_PARTITION, output, f"it began at {_position(outputs[0])}")
        other = numbers.setdefault(output.sequence, output)
        if other is not output and other.body != output.body:
            yield _anomaly(Kind.DOUBLED, output, f"the same number as {_position(other)}")
        if other is output and output.sequence < highest.sequence:
            yield _anomaly(Kind.OUT_OF_ORDER, output, f"after {highest.sequence} at {_position(highest)}")
        highest = max(highest, output, key=lambda seen: seen.sequence)
    due = 0
    for number in sorted(numbers):
        if number != due:
            yield _anomaly(Kind.GAP, numbers[number], f"{due} was due, and is nowhere")
        due = number + 1


def _input_order_anomalies(sent: dict[tuple[str, str], Sent], outputs: list[Output]) -> Iterator[Anomaly]:
    last: dict[tuple[str, int], tuple[Sent, Output]] = {}
    for output in sorted(outputs, key=lambda output: output.sequence):
        record = sent.get((output.conversation, output.body))
        if record is None or record.offset == OFFSET_NOT_TOLD:
            continue
        source = output.conversation, record.partition
        before = last.get(source)
        if before is not None and record.offset < before[0].offset:
            text = f"the record at {record.partition}/{record.offset} of the input came before the one at offset"
            yield _anomaly(Kind.INPUT_ORDER, output, f"{text} {before[0].offset}, which got {before[1].sequence}")
        else:
            last[source] = record, output


def _position(output: Output) -> str:
    return f"{output.partition}/{output.offset}"


def _anomaly(kind: Kind, output: Output, text: str) -> Anomaly:
    return Anomaly(
        kind, output.conversation, f"{output.conversation}: number {output.sequence} at {_position(output)}: {text}"
    )
