"""Asks the processes of a pipeline how they are, as an orchestrator does."""

from __future__ import annotations

import http.client
from typing import Any, NamedTuple

import orjson

HOST = "127.0.0.1"
_SECONDS = 10.0


class Answer(NamedTuple):
    """The answer to a probe; status 0 if there is none."""

    status: int
    document: dict[str, Any]


def probe(port: int, path: str) -> Answer:
    """What the process at that port says."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return Answer(answer.status, orjson.loads(answer.read()))
    except OSError:
        return Answer(0, {})
    finally:
        connection.close()
