"""The arguments of `chat-tasks letters`: times, ids, and the options that say which letters are wanted."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from bridge.letters.dead_letter import time_from
from bridge.records.replay_receipts import LetterId

CommandT = TypeVar("CommandT", bound=Callable[..., None])


class Time(click.ParamType[int]):
    """A time as milliseconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return time_from(value)
        except ValueError:
            self.fail("A time is written as 2026-01-31T12:00, in UTC, or 2026-01-31T12:00+02:00.", param, ctx)


class Id(click.ParamType[LetterId]):
    """The id of a letter."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> LetterId:
        try:
            return LetterId.read(value)
        except ValueError:
            self.fail("An id is a partition of dead_letter and an offset, as 3@1842.", param, ctx)


def with_filters(command: CommandT) -> CommandT:
    """The options that say which letters are wanted."""
    options = (
        click.option(
            "--stage", help="VALUE_CONVERTER: an input that is not valid. APPEND: quarantined. CONSUME: else."
        ),
        click.option("--reason", help="A part of the reason, or the name of the error."),
        click.option("--since", type=Time(), help="Written at this time or later, as 2026-01-31T12:00, in UTC."),
        click.option("--until", type=Time(), help="Written before this time."),
        click.option("--conversation", help="The conversation's key in the value, or else the record's key."),
    )
    for option in reversed(options):
        command = option(command)
    return command
