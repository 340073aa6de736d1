"""Dead letters and blocks lost, doubled, invented, wrong."""

from dataclasses import replace
from typing import Any

import orjson

from tests.chaos.broken_histories.mutilations import FAR, Mutilations, outputs_of
from tests.chaos.broken_histories.perfect_pipeline import BUSY, LAST_REQUEST
from tests.chaos.checker.anomaly import Kind
from tests.chaos.history import Block, DeadLetter, History

ANSWERS = Mutilations()


@ANSWERS.reported_as(Kind.LETTER_LOST)
def letter_lost(history: History) -> None:
    history.dead_letters.pop()


@ANSWERS.reported_as(Kind.LETTER_LOST, Kind.LETTER_INVENTED)
def letter_cut(history: History) -> None:
    history.dead_letters[0] = replace(history.dead_letters[0], value=b"another")


@ANSWERS.reported_as(Kind.LETTER_DOUBLED)
def letter_doubled(history: History) -> None:
    history.dead_letters.append(history.dead_letters[-1])


@ANSWERS.reported_as(Kind.LETTER_INVENTED)
def letter_of_a_valid_record(history: History) -> None:
    record = history.sent[0]
    history.dead_letters.append(DeadLetter("instant_message_in", record.partition, record.offset, b"valid"))


@ANSWERS.reported_as(Kind.LETTER_INVENTED)
def letter_of_a_logged_record(history: History) -> None:
    history.dead_letters.append(replace(history.dead_letters[0], source_topic="conversation_log"))


def _last_block(history: History) -> int:
    return next(index for index, block in enumerate(history.blocks) if block.identity == LAST_REQUEST)


def _change_block(history: History, **changes: Any) -> None:
    index = _last_block(history)
    history.blocks[index] = replace(history.blocks[index], **changes)


def _chatter(history: History) -> list[tuple[str, str, int]]:
    return [(orjson.loads(output.value)["sender"], output.body, output.sequence) for output in outputs_of(history)]


@ANSWERS.reported_as(Kind.BLOCK_LOST)
def block_lost(history: History) -> None:
    del history.blocks[_last_block(history)]


@ANSWERS.reported_as(Kind.BLOCK_DOUBLED)
def block_doubled(history: History) -> None:
    history.blocks.append(history.blocks[_last_block(history)])


@ANSWERS.reported_as(Kind.BLOCK_INVENTED)
def block_nobody_asked_for(history: History) -> None:
    history.blocks.append(Block("unknown", BUSY, (), FAR))


@ANSWERS.reported_as(Kind.BLOCK_STALE)
def block_lacks_the_newest(history: History) -> None:
    _change_block(history, messages=tuple(_chatter(history)[-3:-1]))


@ANSWERS.reported_as(Kind.BLOCK_STALE)
def block_is_empty(history: History) -> None:
    _change_block(history, messages=())


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_is_too_long(history: History) -> None:
    _change_block(history, messages=tuple(_chatter(history)[-3:]))


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_is_too_short(history: History) -> None:
    _change_block(history, messages=tuple(_chatter(history)[-1:]))


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_has_a_gap(history: History) -> None:
    _change_block(history, messages=(_chatter(history)[-3], _chatter(history)[-1]))


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_has_the_newest_first(history: History) -> None:
    _change_block(history, messages=tuple(_chatter(history)[:-3:-1]))


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_has_another_sender(history: History) -> None:
    older, (_, body, sequence) = _chatter(history)[-2:]
    _change_block(history, messages=(older, ("another", body, sequence)))


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_has_another_text(history: History) -> None:
    (sender, _, sequence), newest = _chatter(history)[-2:]
    _change_block(history, messages=((sender, "another", sequence), newest))


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_shows_what_never_came_out(history: History) -> None:
    newest = _chatter(history)[-1]
    _change_block(history, messages=(newest, ("ann", "above", newest[2] + 1)))


@ANSWERS.reported_as(Kind.BLOCK_WRONG)
def block_is_of_another_conversation(history: History) -> None:
    _change_block(history, conversation="b")
