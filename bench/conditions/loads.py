"""What the contestants are given to do."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from chat_tasks.formats.topics import InstantMessage

_INDEX_DIGITS = 8

# A backlog has to fit into memory twice, with the objects around it.
_LARGEST_BACKLOG = 300_000
_LARGEST_BACKLOG_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """A distribution of messages over conversations, their size, and what else is asked meanwhile."""

    name: str
    title: str
    conversations: int | None = 2_000
    """None: every message begins a conversation of its own."""
    skew: float = 0.0
    """Zipf's exponent: the conversation of rank r is chosen with a weight of 1 / r ** skew."""
    body_bytes: int = 20
    keyed: bool = False
    """Whether records carry their conversation's key, which puts each conversation into one partition."""
    messages_per_request: int | None = None
    """How many messages there are to each latest-messages request; None: there are no requests."""
    messages_per_invalid: int | None = None
    """How many messages there are to each record that is not valid; None: all are."""

    def messages(self, count: int, *, seed: int, first: int = 0) -> list[InstantMessage]:
        """`count` messages with unique bodies, which begin with their index, counted from `first`."""
        random_ = random.Random(f"{seed}/{first}")
        noise = "".join(random_.choices(string.ascii_letters, k=4 * self.body_bytes + 1_000))
        indices = range(first, first + count)
        return [
            InstantMessage(
                conversationKey=key,
                sender=f"user-{index % 97}",
                recipients=["ann", "bob"],
                body=self._body(index, noise, random_),
            )
            for index, key in zip(indices, self._conversations(indices, random_), strict=True)
        ]

    @property
    def largest_backlog(self) -> int:
        """The most messages that a backlog of this load may have."""
        return min(_LARGEST_BACKLOG, _LARGEST_BACKLOG_BYTES // self.body_bytes)

    def backlog(self, wanted: float) -> int:
        """How many messages a backlog of about `wanted` ones may have."""
        return min(round(wanted), self.largest_backlog)

    def requests(self, messages: int) -> int:
        """How many requests come with that many messages."""
        return 0 if self.messages_per_request is None else messages // self.messages_per_request

    def _conversations(self, indices: range, random_: random.Random) -> Iterator[str]:
        if self.conversations is None:
            return (f"{self.name}-{index}" for index in indices)
        weights = list(accumulate(1 / rank**self.skew for rank in range(1, self.conversations + 1)))
        chosen = random_.choices(range(self.conversations), cum_weights=weights, k=len(indices))
        return (f"{self.name}-{number}" for number in chosen)

    def _body(self, index: int, noise: str, random_: random.Random) -> str:
        wanted = self.body_bytes - _INDEX_DIGITS - 1
        # Text that repeats itself would be compressed away on its way through Kafka and Cassandra.
        start = random_.randrange(len(noise) - wanted)
        return f"{index:0{_INDEX_DIGITS}x} {noise[start : start + wanted]}"


def index_of(body: str) -> int:
    """The index that a body begins with."""
    return int(body[:_INDEX_DIGITS], 16)


LOADS = {
    load.name: load
    for load in (
        Load("new", "every message in a new conversation", conversations=None),
        Load("2000", "2,000 conversations"),
        Load("50", "50 conversations", conversations=50),
        Load("one", "one conversation", conversations=1),
        Load("zipf", "100,000 conversations, Zipf 1.0", conversations=100_000, skew=1.0),
        Load("requests", "2,000 conversations, a request to ten messages", messages_per_request=10),
        Load("bad-input", "2,000 conversations, one record in five not valid", messages_per_invalid=4),
        Load("keyed", "2,000 conversations, keyed", keyed=True),
        Load("200-bytes", "2,000 conversations, bodies of 200 bytes", body_bytes=200),
        Load("4000-bytes", "2,000 conversations, bodies of 4,000 bytes", body_bytes=4_000),
    )
}
