"""Reads what was published, a window at a time, and compares it with the rows."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass

from bridge.commands.verify.comparison import Anomaly, Kind, compare, is_erased, runs_of
from bridge.commands.verify.finished import FinishedRecords
from bridge.commands.verify.numbers import Numbers
from bridge.kafka.reading.dead_letter_reader import read_everything
from bridge.records.published import PublishedMessage, read_published
from chat_tasks.settings import Settings
from chat_tasks.storage.inspection.stored_runs import Run, StoredRuns

_WINDOW_MESSAGES = 5_000
_WINDOW_BYTES = 16_000_000
_KEYS_AT_ONCE = 500


@dataclass(slots=True)
class Counts:
    """What was looked at.

    `erased` rows have blank texts, `deleted` ones are the oldest of their conversation. `waiting` rows are of records
    that are not published yet. `not_compared` conversations have rows, and the topic has none of their messages.
    """

    messages: int = 0
    conversations: int = 0
    anomalies: int = 0
    erased: int = 0
    deleted: int = 0
    waiting: int = 0
    not_compared: int = 0

    def document(self) -> dict[str, int]:
        """As JSON has it."""
        return asdict(self)


class Verification:
    """One comparison of rows and published messages.

    A command owns it, and uses it in one thread. In memory are a window of messages with their rows, and what the
    clients have fetched; the next numbers of all conversations are in a temporary file.
    """

    def __init__(
        self, settings: Settings, stored: StoredRuns, finished: FinishedRecords, keys: Collection[str], counts: Counts
    ) -> None:
        """Compare the conversations `keys`, all if there are none. `finished` is of before this moment."""
        self._settings = settings
        self._stored = stored
        self._finished = finished
        self._keys = frozenset(keys)
        self._numbers = Numbers()
        self._counts = counts

    def close(self) -> None:
        """Delete the temporary file."""
        self._numbers.close()

    def run(self, advance: Callable[[int], None]) -> Iterator[Anomaly]:
        """All anomalies; `advance` gets the number of messages that were read since its last call.

        Raises `DependencyUnavailable`, `InvalidRecord` if a record holds no message, and the driver's exceptions.
        """
        for anomaly in self._run(advance):
            self._counts.anomalies += 1
            yield anomaly

    def _run(self, advance: Callable[[int], None]) -> Iterator[Anomaly]:
        for window in self._windows(advance):
            self._counts.messages += len(window)
            yield from self._numbers.take(window)
            yield from self._compare(window)
        for some in self._numbers.all():
            self._counts.conversations += len(some)
            yield from self._above(some)
        self._count_unpublished()

    def _windows(self, advance: Callable[[int], None]) -> Iterator[list[PublishedMessage]]:
        window: list[PublishedMessage] = []
        size = 0
        for messages in read_everything(self._settings, self._settings.output_topic):
            advance(len(messages))
            for message in messages:
                found = read_published(message)
                if self._keys and found.conversation_key not in self._keys:
                    continue
                window.append(found)
                size += len(message.value())
            if len(window) >= _WINDOW_MESSAGES or size >= _WINDOW_BYTES:
                yield window
                window, size = [], 0
        if window:
            yield window

    def _compare(self, window: Sequence[PublishedMessage]) -> Iterator[Anomaly]:
        runs = list(runs_of(window, self._settings.bucket_size))
        asked = [Run(run[0].conversation_key, run[0].sequence, run[-1].sequence) for run in runs]
        for run, rows in zip(runs, self._stored.of(asked), strict=True):
            self._counts.erased += sum(
                (row := rows.get(message.sequence)) is not None and is_erased(message, row) for message in run
            )
            for anomaly in compare(run, rows):
                missing = Run(*anomaly[1:])
                if anomaly.kind is Kind.MISSING and self._stored.are_oldest_deleted(missing):
                    self._counts.deleted += missing.last - missing.first + 1
                else:
                    yield anomaly

    def _above(self, numbers: Sequence[tuple[str, int]]) -> Iterator[Anomaly]:
        """EXTRA rows above the newest messages."""
        for (key, _), rows in zip(numbers, self._stored.above(numbers), strict=True):
            for row in sorted(rows):
                if self._finished.has(key, row):
                    yield Anomaly(Kind.EXTRA, key, row.sequence, row.sequence)
                else:
                    self._counts.waiting += 1

    def _count_unpublished(self) -> None:
        """Count rows of conversations without a message: they wait, are imported, or the topic has them no more."""
        some: list[str] = []
        for key in self._keys or self._stored.conversations():
            some.append(key)
            if len(some) == _KEYS_AT_ONCE:
                self._count_some(some)
                some = []
        self._count_some(some)

    def _count_some(self, keys: Sequence[str]) -> None:
        without = sorted(set(keys) - self._numbers.of(keys).keys())
        for key, rows in zip(without, self._stored.above([(key, 0) for key in without]), strict=True):
            if rows and self._finished.has(key, max(rows)):
                self._counts.not_compared += 1
            else:
                self._counts.waiting += len(rows)
