"""Where processes of the pipeline may answer, as `CHAT_PROCESSES` says."""

import socket
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chat_tasks.errors import ConfigurationError

_MOST_PORTS = 1_000


class Place(NamedTuple):
    """A host by its name, and a port."""

    host: str
    port: int


def places_of(words: Sequence[str]) -> list[Place]:
    """The places that are meant by words such as `10.0.0.7:8000` and `127.0.0.1:5000-5009`.

    Raises `ConfigurationError`.
    """
    return [place for word in words for place in _places(word)]


def resolved(places: Sequence[Place]) -> list[str]:
    """The addresses, as `address:port`, of those places whose names are known now; a name may have several; blocks."""
    found: dict[str, None] = {}
    for host, port in places:
        try:
            _, _, addresses = socket.gethostbyname_ex(host)
        except OSError:
            # The service of that name has no container now.
            continue
        for address in addresses:
            found[f"{address}:{port}"] = None
    return list(found)


def _places(word: str) -> Iterator[Place]:
    host, _, ports = word.rpartition(":")
    first, _, last = ports.partition("-")
    if not (host and first.isdecimal() and (last or first).isdecimal()):
        raise ConfigurationError("wrong setting: CHAT_PROCESSES: not host:port or host:first-last")
    low, high = int(first), int(last or first)
    if not 0 < low <= high < 65_536 or high - low >= _MOST_PORTS:
        raise ConfigurationError("wrong setting: CHAT_PROCESSES: no ports, or more than a thousand")
    yield from (Place(host, port) for port in range(low, high + 1))
