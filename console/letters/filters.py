"""Which letters a person wants to see, as it was typed into a form or an address."""

from urllib.parse import urlencode

from pydantic import BaseModel

from bridge.letters.dead_letter import time_from
from bridge.letters.selection import Selection
from bridge.letters.states import LetterState
from console.shell import in_shell


class WrongFilter(Exception):
    """A field that cannot be understood, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Filters(BaseModel):
    """The letters for which all of this holds; an empty field holds for every letter.

    `state` is what became of a letter. `stage` gave the record up. `reason` is a part of the reason, or the error's
    name. `since` and `until` are times such as 2026-01-31T12:00, in UTC. `conversation` is a conversation's key.
    """

    state: str = ""
    stage: str = ""
    reason: str = ""
    since: str = ""
    until: str = ""
    conversation: str = ""

    def selection(self) -> Selection:
        """The same for `bridge.letters`. Raises `WrongFilter`."""
        return Selection(
            state=self._state(),
            stage=self.stage or None,
            reason=self.reason or None,
            since=self._time("since"),
            until=self._time("until"),
            conversation=self.conversation or None,
        )

    @property
    def options(self) -> list[str]:
        """The options of `chat-tasks letters` that say which letters; the command `list` has one for states besides."""
        return [
            word
            for name in ("stage", "reason", "since", "until", "conversation")
            if (value := getattr(self, name))
            for word in (f"--{name}", value)
        ]

    @property
    def list_command(self) -> str:
        """The command that lists these letters."""
        state = ["--state", self.state] if self.state else []
        return in_shell("chat-tasks", "letters", "list", *state, *self.options)

    @property
    def replay_command(self) -> str:
        """The command that sends these letters again, if they wait."""
        return in_shell("chat-tasks", "letters", "replay", *(self.options or ["--all"]))

    @property
    def query(self) -> str:
        """The fields as a part of an address."""
        # An empty state means any, and a missing one those that wait.
        return urlencode({name: value for name, value in self.model_dump().items() if value or name == "state"})

    def _state(self) -> LetterState | None:
        try:
            return LetterState(self.state) if self.state else None
        except ValueError:
            raise WrongFilter("state", f"one of {', '.join(LetterState)}") from None

    def _time(self, field: str) -> int | None:
        try:
            return time_from(value) if (value := getattr(self, field)) else None
        except ValueError:
            raise WrongFilter(field, "a time is written as 2026-01-31T12:00, in UTC") from None
