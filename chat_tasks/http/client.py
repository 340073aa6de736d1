"""Asks a process of the pipeline, as whoever runs it does."""

import http.client
from contextlib import closing

from chat_tasks.http.routes import Response


def get(host: str, port: int, path: str, seconds: float) -> Response:
    """The process's answer; waits at most so many seconds for each piece of it.

    Raises `OSError`, `http.client.HTTPException`.
    """
    with closing(http.client.HTTPConnection(host, port, timeout=seconds)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return Response(answer.status, answer.headers.get("Content-Type", ""), answer.read())
