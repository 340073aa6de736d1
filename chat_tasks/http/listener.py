"""The standard library's HTTP server, with bounds.

A connection lasts ten seconds at most, and if too many are open the oldest is closed for the newest.
"""

import logging
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl

from chat_tasks.http.routes import Response, Route
from chat_tasks.log_rate.news import News

logger = logging.getLogger(__name__)

_CONNECTIONS = 16
_FIELDS = 10
_NO_DESCRIPTOR_SECONDS = 0.5


class Listener(ThreadingHTTPServer):
    """The standard library's server, with bounds.

    Requests are answered in threads; the thread of `serve_forever` accepts connections and closes those that are too
    old.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, routes: Mapping[str, Route], connection_seconds: float) -> None:
        """Listen. Raises `OSError`."""
        self._connection_seconds = connection_seconds
        self.routes = routes
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._opened_at: dict[socket.socket, float] = {}
        self._news = News()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind. HTTP's own `server_bind` asks DNS for the host's name."""
        TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        try:
            return super().get_request()
        except OSError:
            # The process has no descriptor left, and the connection goes on waiting to be accepted.
            time.sleep(_NO_DESCRIPTOR_SECONDS)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own."""
        opened = list(self._opened_at)
        for oldest in opened[: max(0, len(opened) + 1 - _CONNECTIONS)]:
            self._cut(oldest)
        self._opened_at[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """End what lasts too long; called twice a second."""
        too_old = time.monotonic() - self._connection_seconds
        for request in [request for request, opened_at in list(self._opened_at.items()) if opened_at < too_old]:
            self._cut(request)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection at its end."""
        self._opened_at.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: this connection has failed, and its client knows."""

    def answer(self, target: str) -> Response:
        """What the route of this path and query says."""
        path, _, query = target.partition("?")
        route = self.routes.get(path)
        if route is None:
            return Response(404, "text/plain; charset=utf-8", "\n".join([*sorted(self.routes), ""]).encode())
        try:
            return route(dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS)))
        except Exception as error:
            # The process goes on; whoever asked is to learn that there is no answer.
            if self._news.is_news((path, type(error))):
                logger.exception("no answer to %s", path, extra={"event": "http_route_failed"})
            return Response(500, "text/plain; charset=utf-8", b"see the log\n")

    def _cut(self, request: socket.socket) -> None:
        """End a connection, whatever its thread waits for: reading or writing fails from now on."""
        self._opened_at.pop(request, None)
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection, with one request."""

    server: Listener

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def version_string(self) -> str:
        return "chat-tasks"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing: probes come all the time."""

    def _send(self, *, with_body: bool) -> None:
        response = self.server.answer(self.path)
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(response.body)
