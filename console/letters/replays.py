"""Replays that the console carries out. Each goes on in a thread of its own, whether a page is open or not."""

import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from bridge.audit.entry import Action, Who
from bridge.audit.trail import AuditTrail
from bridge.letters.replay import Progress, Receipted, Refused, Replayed, replay_letters
from bridge.letters.selection import Selection
from chat_tasks.errors import ChatTasksError, NotReplayed
from chat_tasks.settings import Settings

MOST_LETTERS = 20_000
_REMEMBERED = 10
_ENDING_SECONDS = 5.0


class _Stopped(ChatTasksError):
    """Somebody has stopped this replay."""


@dataclass(slots=True)
class Replay:
    """A replay, or a dry run, and how far it is. Times are in seconds since 1970.

    Its thread writes it, anybody reads it. `wanted` is what it sends, `value` what takes the place of the one letter's
    value, `command` the command that does the same, `by` whoever asked. `receipted` are the letters that
    were sent again, or would be, and `refused` those that were not: 20,000 of each at most; `done` counts them all.
    `reasons` counts the refused ones by reason. `failure` says why it ended early.
    """

    id: str
    wanted: Selection
    value: bytes | None
    is_dry_run: bool
    command: str
    by: Who
    began: float
    progress: Progress = field(default_factory=lambda: Progress(0, 0, 0))
    receipted: list[Receipted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    done: Replayed | None = None
    failure: str | None = None
    ended: float | None = None
    is_stopping: bool = False

    @property
    def runs(self) -> bool:
        """Whether it goes on."""
        return self.ended is None

    @property
    def target(self) -> str:
        """What the audit calls the letters. Their ids are in the receipts."""
        if len(self.wanted.ids) == 1:
            return f"letters {next(iter(self.wanted.ids))}"
        if self.wanted.ids:
            return f"letters that a dry run found ({len(self.wanted.ids)})"
        return "all letters" if self.wanted == Selection() else "letters that match"

    def report(self, one: Receipted | Refused) -> None:
        """Take note of what became of a letter."""
        if isinstance(one, Refused):
            self.reasons[one.reason] += 1
        kept: list[Receipted] | list[Refused] = self.refused if isinstance(one, Refused) else self.receipted
        if len(kept) < MOST_LETTERS:
            kept.append(one)  # type: ignore[arg-type]

    def note(self, progress: Progress) -> None:
        """Take note of the progress. Raises `_Stopped` if somebody wants the replay to end."""
        self.progress = progress
        if self.is_stopping:
            raise _Stopped("it was stopped: what was sent has its receipts, and the others wait")


class Replays:
    """The replays of this console, the newest ten.

    The watch owns it; it may be used in any thread. Invariant: one replay at most runs that is no dry run, because a
    second one would fence the first. What is remembered here is for people: which letters were sent again is in
    `dead_letter`, so a console that is killed in the middle of a replay loses nothing and doubles nothing.
    """

    def __init__(self, settings: Settings, trail: AuditTrail) -> None:
        """Each replay is recorded in the `trail` before it begins, and after its end."""
        self._settings = settings
        self._trail = trail
        self._lock = threading.Lock()
        self._replays: dict[str, Replay] = {}

    def all(self) -> list[Replay]:
        """The replays, the newest first."""
        with self._lock:
            return list(self._replays.values())[::-1]

    def find(self, replay_id: str) -> Replay | None:
        """The replay with this id, or None if there is none, any more."""
        with self._lock:
            return self._replays.get(replay_id)

    def start(
        self, wanted: Selection, *, command: str, by: Who, value: bytes | None = None, is_dry_run: bool = False
    ) -> Replay:
        """Start a replay; returns at once. Raises `NotReplayed` if one runs already."""
        with self._lock:
            running = [one for one in self._replays.values() if one.runs]
            if len(running) >= _REMEMBERED or (not is_dry_run and any(not one.is_dry_run for one in running)):
                raise NotReplayed("a replay runs already, and a second one would end it: wait until it is over")
            replay = Replay(secrets.token_urlsafe(6), wanted, value, is_dry_run, command, by, time.time())
            while len(self._replays) >= _REMEMBERED:
                del self._replays[next(key for key, one in self._replays.items() if not one.runs)]
            self._replays[replay.id] = replay
        threading.Thread(target=self._run, args=(replay,), name="a replay", daemon=True).start()
        return replay

    def stop(self) -> None:
        """Stop all replays between two transactions, and wait for that a few seconds; blocks."""
        for one in self.all():
            one.is_stopping = True
        deadline = time.monotonic() + _ENDING_SECONDS
        while any(one.runs for one in self.all()) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _run(self, replay: Replay) -> None:
        failure: str | None = "a bug of the console"
        try:
            if replay.is_dry_run:
                replay.done = self._replay(replay)
            else:
                with self._trail.record(Action.REPLAY, replay.target, replay.by) as recording:
                    replay.done = self._replay(replay)
                    recording.detail = f"{replay.done.sent} sent again"
            failure = None
        except ChatTasksError as error:
            failure = str(error)
        finally:
            replay.failure = failure
            replay.ended = time.time()

    def _replay(self, replay: Replay) -> Replayed:
        return replay_letters(
            self._settings,
            replay.wanted,
            value=replay.value,
            is_dry_run=replay.is_dry_run,
            progress=replay.note,
            report=replay.report,
        )
