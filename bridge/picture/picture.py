"""What is seen of the pipeline, for as long as somebody looks."""

import time

from bridge.picture.history import History
from bridge.picture.sight import Sight
from bridge.picture.sources.cassandra import Cassandra
from bridge.picture.sources.letters import Letters
from bridge.picture.sources.positions import Positions
from bridge.picture.sources.processes import Processes
from bridge.picture.sources.queues import Queues
from bridge.picture.sources.rows import RowsReader
from bridge.picture.sources.source import Source
from bridge.picture.view import PipelineView, view
from chat_tasks.settings import Settings


class Picture:
    """The sources, and the history that is made of them.

    `chat-tasks top` or the console owns one. Everything that asks a server does so in a thread of a source; all methods
    but `wait` answer at once, in any thread. A server that is away holds up its own source alone. `look` is called in
    one thread.
    """

    def __init__(self, settings: Settings) -> None:
        """Ask nobody yet. Raises `ConfigurationError`."""
        self._settings = settings
        self.cassandra = Cassandra(settings)
        self._positions = Source("positions", Positions(settings), 2.0)
        self._queues = Source("queues", Queues(settings), 2.0)
        self._rows = Source("rows", RowsReader(settings, self.cassandra), 5.0)
        self._processes = Source("processes", Processes(settings), 2.0)
        self._letters = Source("letters", Letters(settings), 5.0)
        self._sources = (self._positions, self._queues, self._rows, self._processes, self._letters)
        self._history = History(settings)

    def start(self) -> None:
        """Start to ask; returns at once."""
        for source in self._sources:
            source.start()

    def stop(self) -> None:
        """Ask no more, soon."""
        for source in self._sources:
            source.stop()

    def wait(self, seconds: float) -> None:
        """Wait until every source was asked twice, so that there are rates; at most so long for each."""
        for source in self._sources:
            source.wait(seconds)
        self.look()
        self._processes.wait(seconds)
        self._positions.wait(seconds)
        self.look()

    def look(self) -> None:
        """Take what is seen now into the history; every two seconds."""
        self._history.look(self.sight())

    def sight(self) -> Sight:
        """What is known now."""
        return Sight(
            time.time(),
            self._positions.reading,
            self._queues.reading,
            self._rows.reading,
            self._processes.reading,
            self._letters.reading,
        )

    def view(self) -> PipelineView:
        """The first page of the console, as it is now."""
        return view(self._settings, self.sight(), self._history)
