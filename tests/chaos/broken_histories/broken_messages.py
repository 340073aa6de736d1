"""Messages lost, doubled, invented, misnumbered, out of order."""

from dataclasses import replace

from tests.chaos.broken_histories.mutilations import FAR, Mutilations, outputs_of, publish
from tests.chaos.broken_histories.perfect_pipeline import BUSY
from tests.chaos.checker.anomaly import Kind
from tests.chaos.history import History, Sent

MESSAGES = Mutilations()


@MESSAGES.reported_as(Kind.LOST)
def never_comes_out(history: History) -> None:
    history.sent.append(Sent(0, FAR, BUSY, "never", FAR))


@MESSAGES.reported_as(Kind.LOST, Kind.ROW_WITHOUT_OUTPUT)
def offsets_committed_before_the_results(history: History) -> None:
    publish(history, len(outputs_of(history)), "never", is_sent=True)
    history.outputs.pop()


@MESSAGES.reported_as(Kind.DOUBLED)
def published_again_under_its_number(history: History) -> None:
    history.outputs.append(replace(outputs_of(history)[1], offset=FAR))


@MESSAGES.reported_as(Kind.DOUBLED)
def published_again_under_a_new_number(history: History) -> None:
    publish(history, len(outputs_of(history)), outputs_of(history)[1].body, is_sent=False)


@MESSAGES.reported_as(Kind.DOUBLED, Kind.ROW_DIFFERS)
def number_used_again(history: History) -> None:
    publish(history, len(outputs_of(history)) - 1, "second", is_sent=True, has_row=False)


@MESSAGES.reported_as(Kind.INVENTED)
def never_sent(history: History) -> None:
    publish(history, len(outputs_of(history)), "invented", is_sent=False)


@MESSAGES.reported_as(Kind.INVENTED)
def in_another_conversation(history: History) -> None:
    body = next(output.body for output in history.outputs if output.conversation == "b")
    publish(history, len(outputs_of(history)), body, is_sent=False)


@MESSAGES.reported_as(Kind.GAP)
def number_skipped(history: History) -> None:
    publish(history, len(outputs_of(history)) + 1, "late", is_sent=True)


@MESSAGES.reported_as(Kind.OUT_OF_ORDER)
def published_in_another_order(history: History) -> None:
    first, second, *_ = (index for index, output in enumerate(history.outputs) if output.conversation == BUSY)
    history.outputs[first], history.outputs[second] = history.outputs[second], history.outputs[first]


@MESSAGES.reported_as(Kind.WRONG_PARTITION)
def in_another_partition(history: History) -> None:
    index = history.outputs.index(outputs_of(history)[-1])
    history.outputs[index] = replace(history.outputs[index], partition=history.outputs[index].partition + 1)


@MESSAGES.reported_as(Kind.INPUT_ORDER)
def logged_in_another_order(history: History) -> None:
    records = [record for record in history.sent if record.conversation == BUSY and record.partition == 0]
    first, second = sorted((record for record in records if record.offset >= 0), key=lambda record: record.offset)[:2]
    history.sent.remove(first)
    history.sent.remove(second)
    history.sent += [replace(first, offset=second.offset), replace(second, offset=first.offset)]
