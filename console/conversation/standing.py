"""How a conversation stands: asks the dispatcher that owns it, over HTTP."""

import http.client
from typing import Literal
from urllib.parse import urlencode

import orjson
from pydantic import BaseModel, ValidationError

from chat_tasks.http.client import get

_SECONDS = 2.0


class Standing(BaseModel):
    """What its owner says: `records` are unfinished, and `retry` is the number of the next attempt after a failure."""

    state: Literal["flows", "waits", "quarantined", "releasing"]
    records: int
    retry: int
    reason: str


def ask_standing(address: str, conversation_key: str) -> Standing | None:
    """What the dispatcher at the address says; None if it does not say it; blocks for two seconds at most."""
    host, _, port = address.rpartition(":")
    try:
        answer = get(host, int(port), f"/conversation?{urlencode({'key': conversation_key})}", _SECONDS)
        return Standing.model_validate(orjson.loads(answer.body))
    except (OSError, http.client.HTTPException, ValueError, ValidationError):
        # It has ended meanwhile, has no assignment now, or is of an older version.
        return None
