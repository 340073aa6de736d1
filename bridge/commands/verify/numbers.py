"""The next number of every conversation, in a file: there may be more conversations than fit into memory."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from bridge.commands.verify.comparison import Anomaly, Kind
from bridge.records.published import PublishedMessage

_KEYS_AT_ONCE = 500


class Numbers:
    """Follows the numbers of all conversations in the order in which they were published.

    A command owns it, and uses it in one thread. SQLite keeps the numbers in a temporary file, which goes with the
    connection, and a few megabytes of them in memory.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("")
        self._file.execute("CREATE TABLE next_numbers (key TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID")

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def take(self, messages: Sequence[PublishedMessage]) -> list[Anomaly]:
        """Take the next messages; returns GAPs and DOUBLEDs. A conversation may begin with any number."""
        found: list[Anomaly] = []
        expected = self.of({one.conversation_key for one in messages})
        for key, number, *_ in messages:
            due = expected.setdefault(key, number)
            if number > due:
                found.append(Anomaly(Kind.GAP, key, due, number - 1))
            elif number < due:
                found.append(Anomaly(Kind.DOUBLED, key, number, number))
            expected[key] = max(due, number + 1)
        self._file.executemany("INSERT OR REPLACE INTO next_numbers VALUES (?, ?)", expected.items())
        return found

    def of(self, keys: Iterable[str]) -> dict[str, int]:
        """The next numbers of those conversations that have one."""
        asked = list(keys)
        found: dict[str, int] = {}
        for start in range(0, len(asked), _KEYS_AT_ONCE):
            some = asked[start : start + _KEYS_AT_ONCE]
            marks = ", ".join("?" * len(some))
            found.update(self._file.execute(f"SELECT key, number FROM next_numbers WHERE key IN ({marks})", some))
        return found

    def all(self) -> Iterator[list[tuple[str, int]]]:
        """All conversations with their next numbers, some at a time."""
        cursor = self._file.execute("SELECT key, number FROM next_numbers")
        while some := cursor.fetchmany(_KEYS_AT_ONCE):
            yield some
