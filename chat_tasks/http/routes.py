"""What an HTTP server answers: a table from paths to functions."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one request."""

    status: int
    content_type: str
    body: bytes


Query = Mapping[str, str]
"""What follows the path's question mark; of a name that comes twice the last value."""

Route = Callable[[Query], Response]
"""Makes the answer to a GET of one path. Called in a thread of the server, perhaps in several at once.

A route reads what the process knows, and asks no server: it has to answer at once.
"""

Routes = MutableMapping[str, Route]
"""Routes by their paths, such as `/livez`. More may be added while the server runs."""
