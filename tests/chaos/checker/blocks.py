"""Every latest-messages request gets one block: the newest messages at some moment after it was sent."""

from collections.abc import Iterator

from tests.chaos.checker.anomaly import Anomaly, Kind
from tests.chaos.checker.rows import contents
from tests.chaos.history import Block, History, Output, Request


def block_anomalies(history: History) -> Iterator[Anomaly]:
    """What is wrong between requests, blocks and outputs."""
    requests = {request.identity: request for request in history.requests}
    outputs = {(output.conversation, output.sequence): output for output in reversed(history.outputs)}
    answered = set()
    for block in history.blocks:
        request = requests.get(block.identity)
        if request is None:
            yield _anomaly(Kind.BLOCK_INVENTED, block, "nobody asked for it")
            continue
        if block.identity in answered:
            yield _anomaly(Kind.BLOCK_DOUBLED, block, "there was one already")
        answered.add(block.identity)
        yield from _content_anomalies(request, block, outputs, history)
    for request in history.requests:
        if request.identity not in answered:
            yield Anomaly(Kind.BLOCK_LOST, request.conversation, f"{request.conversation}: {request.identity}")


def _content_anomalies(
    request: Request, block: Block, outputs: dict[tuple[str, int], Output], history: History
) -> Iterator[Anomaly]:
    deleted_below = history.deleted_below.get(block.conversation, 0)
    erased = history.erased.get(block.conversation, ())
    if block.conversation != request.conversation:
        yield _anomaly(Kind.BLOCK_WRONG, block, f"{request.conversation} was asked for")
        return
    # Where the block ends is the one thing it may choose: at any message, but not before what was readable.
    end = max((sequence + 1 for _, _, sequence in block.messages), default=0)
    if end < request.readable and request.count > 0:
        yield _anomaly(Kind.BLOCK_STALE, block, f"it ends before {end}, {request.readable} were readable")
    numbers = [sequence for _, _, sequence in block.messages]
    wanted = range(max(0, end - request.count), end) if request.count > 0 else range(0)
    # A block from after the deletion begins at the first row that is left; one from before has them all.
    if numbers and wanted.start < numbers[0] <= deleted_below:
        wanted = range(numbers[0], end)
    if numbers != list(wanted):
        text = f"{len(numbers)} numbers from {numbers[0]}" if numbers else "no numbers"
        yield _anomaly(Kind.BLOCK_WRONG, block, f"{text} to {end - 1}, {request.count} were asked for")
    for sender, body, sequence in block.messages:
        output = outputs.get((block.conversation, sequence))
        if output is None:
            yield _anomaly(Kind.BLOCK_WRONG, block, f"no output has number {sequence}")
        # A block from after the erasure has no text, one from before has it.
        elif (output.body != body and not (body == "" and sequence in erased)) or _sender(output) not in {None, sender}:
            yield _anomaly(Kind.BLOCK_WRONG, block, f"number {sequence} is another message in the output")


def _sender(output: Output) -> str | None:
    # An output that is no message is an anomaly by itself, and says nothing about the block.
    fields = contents(output)
    return None if fields is None else str(fields.get("sender"))


def _anomaly(kind: Kind, block: Block, text: str) -> Anomaly:
    return Anomaly(kind, block.conversation, f"{block.conversation}: {block.identity}: {text}")
