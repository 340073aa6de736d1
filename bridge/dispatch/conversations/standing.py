"""What dispatch tells of one conversation when it is asked: whether it flows, and what it waits for."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.scheduling.scheduler import Standing
from chat_tasks.http.routes import Query, Response, Route

_LONGEST = 500


def standing_document(appends: AppendWork, conversation_key: str) -> Mapping[str, Any]:
    """The JSON of a conversation; called in the loop's thread, and as cheap as a look into a dictionary.

    `state` is `flows`, `waits` (its last attempt has failed), `quarantined` or `releasing`. `records` are unfinished.
    `retry` is the number of the next attempt after the first, `reason` why the last one failed.
    """
    found = [one for one in appends.standings(conversation_key) if one is not None]
    worst = max(found, key=lambda one: one.failures + one.losses, default=None)
    document = {"records": sum(one.records for one in found), "retry": 0, "reason": ""}
    if conversation_key in appends.quarantined:
        return {**document, "state": "quarantined"}
    if conversation_key in appends.releases:
        return {**document, "state": "releasing"}
    if worst is None or not worst.failures + worst.losses:
        return {**document, "state": "flows"}
    return {**document, "state": "waits", "retry": worst.failures + worst.losses, "reason": _reason(worst)}


def conversation_route(ask: Callable[[str], Mapping[str, Any] | None]) -> Route:
    """The route that tells of the conversation with the key in `?key=`; `ask` may block for a second."""

    def answer(query: Query) -> Response:
        key = query.get("key", "")
        if not key:
            return Response(422, "text/plain; charset=utf-8", b"give ?key=, percent-encoded\n")
        document = ask(key)
        if document is None:
            return Response(503, "text/plain; charset=utf-8", b"there is no assignment now\n")
        return Response(200, "application/json", orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))

    return answer


def _reason(one: Standing) -> str:
    if one.failures:
        return one.reason[:_LONGEST]
    return "no worker has answered in time"
