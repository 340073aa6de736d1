"""Looks through `dead_letter` for pages, and remembers what was seen while the topic has not changed."""

import asyncio
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.reading.dead_letter_reader import Span, spans_of
from bridge.kafka.topics.ids import topic_ids
from bridge.kafka.transaction import Partition
from bridge.letters.opening import OpenedLetter, open_letter
from bridge.letters.selection import Selection, select
from bridge.letters.states import LetterStates, read_states
from bridge.picture.sources.source import Reading
from bridge.records.replay_receipts import LetterId
from chat_tasks.errors import ChatTasksError, DependencyUnavailable
from chat_tasks.settings import Settings
from console.calls import call
from console.letters.look import Gathering, Look

_LISTED = 5_000
_REMEMBERED = 8
_PATIENCE_SECONDS = 5.0
_IMPATIENCE_SECONDS = 1.0
_OPENING_SECONDS = 15.0
_LEAST_SECONDS = 5.0
# A look takes at most this share of the time while a page is open.
_SHARE = 0.1


class _Mark(NamedTuple):
    """What the letters and their states depend on: it is the same as long as nothing was written or deleted."""

    spans: dict[Partition, Span]
    log_id: str


@dataclass(slots=True)
class _Remembered:
    """What is known of one selection. `looked_through` are records; `due` is on the monotonic clock."""

    reading: Reading[Look] = field(default_factory=Reading)
    mark: _Mark | None = None
    under_way: Future[None] | None = None
    looked_through: int = 0
    due: float = 0.0


class Looks:
    """Looks, one at a time, each in a thread of its own.

    The watch owns it; it may be used in any thread. `reading` answers at once. Several pages with the same filter share
    a look. A look asks first whether anything has changed, so it costs two requests to Kafka while nothing does.
    Invariant: the eight selections that were used last are remembered, at most 5,000 letters of each, without values.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._remembered: OrderedDict[Selection, _Remembered] = OrderedDict()
        self._states: tuple[_Mark, LetterStates] | None = None

    def reading(self, wanted: Selection) -> Reading[Look]:
        """What the last look saw, and whether Kafka still answers."""
        with self._lock:
            return one.reading if (one := self._remembered.get(wanted)) is not None else Reading()

    def looked_through(self, wanted: Selection) -> int | None:
        """How many records the look that is under way has looked through; None if none is."""
        with self._lock:
            one = self._remembered.get(wanted)
            return one.looked_through if one is not None and one.under_way is not None else None

    async def look(self, wanted: Selection) -> Reading[Look]:
        """Look now, and wait for it, five seconds at most: then the look goes on, and this is what was seen before.

        While Kafka does not answer the wait is short, so that pages are not slow all that time. Raises
        `DependencyUnavailable` if the console looks for many others.
        """
        under_way = self._begin(wanted)
        patience = _PATIENCE_SECONDS if self.reading(wanted).failure is None else _IMPATIENCE_SECONDS
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(under_way)), patience)
        return self.reading(wanted)

    def keep_looking(self, wanted: Selection) -> None:
        """Look again if it is time to; returns at once. For a page that is open."""
        with self._lock:
            one = self._remembered.get(wanted)
            if one is not None and (one.under_way is not None or time.monotonic() < one.due):
                return
        with suppress(DependencyUnavailable):
            self._begin(wanted)

    async def open(self, letter: LetterId) -> OpenedLetter:
        """Open a letter. Raises `NotReplayed` if there is none, and `DependencyUnavailable`."""
        with self._lock:
            is_away = any(one.reading.failure is not None for one in self._remembered.values())
        return await call(
            lambda: open_letter(self._settings, self._current_states(), letter),
            "Kafka",
            _IMPATIENCE_SECONDS if is_away else _OPENING_SECONDS,
        )

    def _begin(self, wanted: Selection) -> Future[None]:
        with self._lock:
            one = self._remembered.setdefault(wanted, _Remembered())
            self._remembered.move_to_end(wanted)
            if one.under_way is not None:
                return one.under_way
            idle = [key for key, other in self._remembered.items() if other.under_way is None and other is not one]
            if len(self._remembered) > _REMEMBERED:
                if not idle:
                    del self._remembered[wanted]
                    raise DependencyUnavailable("the console looks through the letters for others: try again soon")
                del self._remembered[idle[0]]
            one.looked_through = 0
            future: Future[None] = Future()
            one.under_way = future
        threading.Thread(target=self._look, args=(wanted, one), name="looking through letters", daemon=True).start()
        return future

    def _look(self, wanted: Selection, one: _Remembered) -> None:
        reading, mark, began = one.reading.failed("a bug", time.time()), one.mark, time.monotonic()
        try:
            with self._turn:
                began = time.monotonic()
                mark = self._mark()
                seen = one.reading.value
                if seen is None or mark != one.mark:
                    seen = self._gather(wanted, one, mark)
                reading = one.reading.answered(seen, time.time())
        except ChatTasksError as error:
            reading = one.reading.failed(str(error), time.time())
        finally:
            with self._lock:
                future, one.under_way = one.under_way, None
                one.reading, one.mark = reading, mark
                one.due = time.monotonic() + max(_LEAST_SECONDS, (time.monotonic() - began) / _SHARE)
            assert future is not None
            future.set_result(None)

    def _gather(self, wanted: Selection, one: _Remembered, mark: _Mark) -> Look:
        def looked(records: int) -> None:
            one.looked_through += records

        gathering = Gathering(wanted, _LISTED)
        for letter, state in select(self._settings, self._states_at(mark), gathering.wanted, looked):
            gathering.take(letter, state)
        return gathering.look()

    def _current_states(self) -> LetterStates:
        return self._states_at(self._mark())

    def _states_at(self, mark: _Mark) -> LetterStates:
        if self._states is None or self._states[0] != mark:
            self._states = mark, read_states(self._settings)
        return self._states[1]

    def _mark(self) -> _Mark:
        settings = self._settings
        admin = AdminClient(base_config(settings))
        try:
            log_id = topic_ids(admin, [settings.log_topic])[settings.log_topic]
        except KafkaException as error:
            raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
        return _Mark(spans_of(settings, settings.dead_letter_topic), log_id)
