"""What a process answers to whoever wants to know what happened."""

import orjson

from chat_tasks.http.routes import Query, Response, Route
from chat_tasks.log.recent import recent_events


def events_route(process: str, instance: str) -> Route:
    """The route that shows the process's last notable events.

    With `?life=` and `?after=` of an earlier answer, only what happened since.
    """

    def answer(query: Query) -> Response:
        after = query.get("after", "")
        number = int(after) if after.isascii() and after.isdecimal() else 0
        document = {
            "process": process,
            "instance": instance,
            "life": recent_events.life,
            "events": recent_events.after(number, query.get("life", "")),
        }
        return Response(200, "application/json", orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))

    return answer
