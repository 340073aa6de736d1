"""A contestant at work: backlogs to drain, one after the other, and the judgement of what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.conditions.loads import Load
from bench.contestants.roster import Contestant
from bench.errors import BenchError
from bench.race.backlog import send_backlog
from bench.race.collector import Collector
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from stack.pipeline.output_check import OutputCheck

_PATIENCE_SECONDS = 60.0
_FAULTS_SHOWN = 5
_FIRST_MESSAGES = 250
_WARM_SECONDS = 1.0
_MARGIN = 1.2


@dataclass(slots=True)
class Race:
    """A contestant on one load. It remembers every message: indices go on, and all are looked for at the end."""

    settings: Settings
    load: Load
    collector: Collector
    seed: int
    messages: list[InstantMessage] = field(default_factory=list)
    requests: int = 0

    def more(self, count: int) -> list[InstantMessage]:
        """Make that many new messages, which the caller sends."""
        made = self.load.messages(count, seed=self.seed, first=len(self.messages))
        self.messages.extend(made)
        return made

    def drain(self, count: int, tick: Callable[[], None] = lambda: None) -> float:
        """Send a backlog of that many and wait until it is drained; `tick` is called twice a second.

        Returns the seconds from the moment it became visible to the broker's time of the last output, or block.
        """
        self.requests += self.load.requests(count)
        began = send_backlog(self.settings, self.load, self.more(count))
        self.collector.wait_for(len(self.messages), self.requests, _PATIENCE_SECONDS, tick)
        return self.collector.last_appended_at - began

    def wait_for_processes(self) -> None:
        """Drain a small backlog: then all processes of the contestant have started."""
        self.drain(_FIRST_MESSAGES)

    def warm_up(self) -> tuple[int, float]:
        """Drain larger and larger backlogs until one takes a second; returns its size and its seconds."""
        self.wait_for_processes()
        count = _FIRST_MESSAGES
        while (seconds := self.drain(count)) < _WARM_SECONDS:
            count = self.larger(count, seconds, _WARM_SECONDS)
        return count, seconds

    def larger(self, count: int, took: float, wanted: float) -> int:
        """The size of a next backlog that lasts `wanted` seconds: one of `count` messages took `took` of them."""
        # One that was held up by something else says little, so it grows in any case, and not to anything at once.
        return self.load.backlog(count * min(max(wanted / took * _MARGIN, 2), 10))

    def judge(self, contestant: Contestant) -> int:
        """The number of messages lost, doubled or out of order. Raises `BenchError` if the contestant promises none."""
        expected: dict[str, set[str]] = {}
        for message in self.messages:
            expected.setdefault(message.conversationKey, set()).add(message.body)
        check = OutputCheck(expected)
        for output in self.collector.outputs:
            check.add(output.partition, output.value)
        faults = check.faults()
        if faults and contestant.is_ordered:
            raise BenchError(f"{len(faults)} faults on load {self.load.name}: {'; '.join(faults[:_FAULTS_SHOWN])}")
        return len(faults)
