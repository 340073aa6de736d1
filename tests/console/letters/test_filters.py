"""Filters as they are typed, as a selection, as an address and as a command."""

import shlex
from urllib.parse import parse_qsl

import pytest

from bridge.letters.selection import Selection
from bridge.letters.states import LetterState
from console.letters.filters import Filters, WrongFilter

EVERY = Filters(
    state="waiting",
    stage="APPEND",
    reason="it's odd",
    since="2026-01-31T12:00",
    until="2026-01-31T14:00+02:00",
    conversation="a b&c",
)


def test_what_is_typed_says_which_letters_are_wanted() -> None:
    noon = 1_769_860_800_000
    assert EVERY.selection() == Selection(
        state=LetterState.WAITING,
        stage="APPEND",
        reason="it's odd",
        since=noon,
        until=noon,
        conversation="a b&c",
    )
    assert Filters().selection() == Selection()


@pytest.mark.parametrize("field", ["since", "until", "state"])
def test_what_cannot_be_understood_is_named(field: str) -> None:
    with pytest.raises(WrongFilter) as raised:
        Filters(**{field: "yesterday"}).selection()
    assert raised.value.field == field


def test_an_address_and_a_command_say_the_same() -> None:
    assert Filters(**dict(parse_qsl(EVERY.query))) == EVERY
    assert parse_qsl(Filters().query, keep_blank_values=True) == [("state", "")]
    words = shlex.split(EVERY.replay_command)
    assert words[:3] == ["chat-tasks", "letters", "replay"]
    assert words[words.index("--reason") + 1] == "it's odd"
    assert "--state" not in words
    assert shlex.split(EVERY.list_command)[3:5] == ["--state", "waiting"]
    assert Filters().replay_command == "chat-tasks letters replay --all"
