"""One erasure: blanks the rows, waits until that is certain, and has the log give the records up."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from confluent_kafka.admin import AdminClient
from rich.progress import Progress

from bridge.erasure.remaining_copies import ClearedLog, Copy, Wanted, remaining_copies
from bridge.kafka.aborted_record import append_aborted_record
from bridge.kafka.clients import base_config
from bridge.kafka.reading.offsets import first_offset
from bridge.kafka.topics.configs import read_topic_configs
from bridge.kafka.topics.ids import known_topics
from bridge.kafka.transaction import Partition
from chat_tasks.conversation.erasure import Certain, ErasableRow
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import NotErased
from chat_tasks.settings import Settings
from chat_tasks.storage.erasure import RowEraser
from chat_tasks.storage.generations import AskedNodes, NodeGenerations
from chat_tasks.storage.schema import check_stored_settings

_POLL_SECONDS = 0.2
# Dispatch commits behind a marker after three seconds, and asks the nodes every second, while it is not busy.
_PURGE_SECONDS = 15.0
_ATTEMPTS = 3
_NOTHING = Certain(0, 0)


class Choice(NamedTuple):
    """Which messages: those with these numbers, or the sender's, or all if neither is given."""

    numbers: tuple[int, ...] = ()
    sender: str | None = None


@dataclass(slots=True)
class Erased:
    """What became of the chosen messages.

    `found` of them have a row, `erased` were blanked now. `written` are the microseconds of the newest erasure.
    `offset` is the highest one that they have in this log, -1 if none comes from it.
    """

    found: int = 0
    erased: int = 0
    written: int = 0
    offset: int = -1

    def take(self, row: ErasableRow, log_id: str) -> None:
        """Count a row."""
        self.found += 1
        self.written = max(self.written, row.written)
        if row.log_offset is not None and str(row.log_id) == log_id:
            self.offset = max(self.offset, row.log_offset)


class Eraser:
    """One run of the command.

    The command owns it and uses it in one thread. It keeps no state from one step to the next besides its clients: what
    a run has done is in the tables, so a run that was ended goes on when it is begun again. Every method blocks, and
    raises `DependencyUnavailable` if a server does not answer for long.
    """

    def __init__(self, settings: Settings, session: Any, conversation_key: str, progress: Progress) -> None:
        self._settings = settings
        self._key = conversation_key
        self._progress = progress
        self._log_id = known_topics(check_stored_settings(session, settings), [settings.log_topic])[
            settings.log_topic
        ].id
        self._rows = RowEraser(session, settings.cassandra_keyspace, settings.bucket_size)
        self._generations = NodeGenerations(session, settings.cassandra_local_datacenter)
        self._admin = AdminClient(base_config(settings))
        number = partition_of(conversation_key.encode(), settings.log_partitions)
        self._partition = Partition(settings.log_topic, number)

    def look(self, choice: Choice) -> Erased:
        """Count the chosen messages, and how many are not blank. Raises `NotErased` if a number has no message."""
        return self._pass(choice, self._certain(self._generations.ask()), lambda _: None)

    def erase(self, choice: Choice) -> Erased:
        """Blank the chosen messages, and wait until no node can forget it any more.

        Raises `NotErased` if that cannot be known yet.
        """
        nodes = self._generations.ask()
        certain = self._certain(nodes)
        for _ in range(_ATTEMPTS):
            done = self._pass(choice, certain, lambda rows: self._rows.blank(self._key, rows))
            if not done.erased:
                return done
            self._wait("until no node can forget it", lambda: False, self._settings.replay_window)
            before, nodes = nodes, self._generations.ask()
            if not (before.all_answered and nodes.all_answered):
                break
            if before.generations == nodes.generations:
                return done
            certain = _NOTHING
        raise NotErased(
            f"{done.erased} messages are erased, and a Cassandra node that has started or does not answer may have "
            "forgotten it: run this again when all nodes answer"
        )

    def look_at_log(self, done: Erased) -> ClearedLog:
        """What became of the records in the log, as far as that can be told without a change."""
        return ClearedLog(purged=self._is_purged(done.offset), is_closed=False, closes_at=time.time())

    def clear_log(self, done: Erased) -> ClearedLog:
        """Have the records purged from the log, and their file closed, as far as that is possible now."""
        config = read_topic_configs(self._admin, [self._partition.topic])[0]
        closes_at = done.written / 1e6 + int(config["segment.ms"]) / 1000
        if done.offset < 0:
            return ClearedLog(purged=True, is_closed=True, purged_at=time.time())
        if not self._is_purged(done.offset):
            # Dispatch purges what it commits. After a start it may have nothing to commit in this partition.
            append_aborted_record(self._settings, self._partition)
            patience = self._settings.replay_window + _PURGE_SECONDS
            self._wait("until the log is purged", lambda: self._is_purged(done.offset), patience)
            if not self._is_purged(done.offset):
                return ClearedLog(purged=False, is_closed=False)
        append_aborted_record(self._settings, self._partition)
        now = time.time()
        # The file is deleted when dispatch has purged its last record too.
        purged_at = max(now, closes_at) + self._settings.replay_window + _PURGE_SECONDS
        return ClearedLog(purged=True, is_closed=now > closes_at, closes_at=closes_at, purged_at=purged_at)

    def copies(self, choice: Choice, done: Erased, log: ClearedLog) -> list[Copy]:
        """Every place with copies."""
        # A block that was read just before the erasure comes a little later.
        last = (done.written / 1e6 if done.written else time.time()) + self._settings.replay_window
        return remaining_copies(self._settings, self._admin, Wanted(self._key, choice.sender), last, log)

    def _certain(self, nodes: AskedNodes) -> Certain:
        # A generation is the second in which its node started.
        newest = max(nodes.generations.values(), default=0) + 1
        return Certain(newest * 10**6, round((time.time() - self._settings.replay_window) * 10**6))

    def _pass(self, choice: Choice, certain: Certain, blank: Callable[[list[ErasableRow]], None]) -> Erased:
        newest = self._rows.newest(self._key)
        if newest is None:
            raise NotErased("this conversation has no message")
        self._refuse_missing(choice.numbers, newest)
        done = Erased()
        pages = (
            self._rows.rows_with(self._key, choice.numbers) if choice.numbers else self._rows.rows(self._key, newest)
        )
        with self._shown("erasing", len(choice.numbers) or newest + 1) as advance:
            for page in pages:
                wanted = [row for row in page if choice.sender is None or row.sender == choice.sender]
                due = [row for row in wanted if row.is_to_be_erased(certain)]
                if due:
                    blank(due)
                    done.erased += len(due)
                    done.written = time.time_ns() // 1000
                for row in wanted:
                    done.take(row, self._log_id)
                advance(len(page))
        return done

    def _refuse_missing(self, numbers: tuple[int, ...], newest: int) -> None:
        """Raise `NotErased` before anything is erased if a number was never given, for it is mistyped."""
        if missing := [str(number) for number in numbers if number > newest]:
            raise NotErased(f"the newest message is {newest}, and there is no {', '.join(missing)}")

    def _is_purged(self, offset: int) -> bool:
        return first_offset(self._admin, self._partition) > offset

    def _wait(self, what: str, is_over: Callable[[], bool], seconds: float) -> None:
        begun = time.monotonic()
        with self._shown(f"waiting {what}", seconds) as advance:
            shown = 0.0
            while (passed := time.monotonic() - begun) < seconds and not is_over():
                advance(passed - shown)
                shown = passed
                time.sleep(_POLL_SECONDS)

    @contextmanager
    def _shown(self, what: str, total: float) -> Iterator[Callable[[float], None]]:
        task = self._progress.add_task(what, total=total)
        try:
            yield lambda steps: self._progress.advance(task, steps)
        finally:
            self._progress.remove_task(task)
