"""The HTTP server that a process runs in a thread of its own, beside its work.

No client holds the process up, nor each other (`listener.py`). A port that is taken is waited for.
"""

import logging
import os
import threading
import time

from chat_tasks.http.routes import Routes
from chat_tasks.log_rate.news import News
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

# For the headers of one request and its answer.
CONNECTION_SECONDS = 10.0
_PAUSE_SECONDS = 1.0


class HttpServer:
    """Answers GET and HEAD by a table of routes, until the process ends.

    Each process that has a port makes one and starts it once. `routes` may be filled while the server runs. A process
    that forks leaves the server to the parent. No method raises.
    """

    def __init__(self, host: str, port: int, routes: Routes, connection_seconds: float = CONNECTION_SECONDS) -> None:
        self._host = host
        self._port = port
        self._routes = routes
        self._connection_seconds = connection_seconds
        self._news = News()

    def start(self) -> None:
        """Start the server's thread; returns at once."""
        threading.Thread(target=self._run, name="http", daemon=True).start()

    def _run(self) -> None:
        # The library takes 15 ms to import. That is for this thread, and not for the start of the process.
        from chat_tasks.http.listener import Listener  # noqa: PLC0415

        while True:
            try:
                server = Listener(self._host, self._port, self._routes, self._connection_seconds)
            except OSError as error:
                if self._news.is_news(error.errno):
                    logger.warning(
                        "no HTTP server at %s port %d: %s; the process goes on without it, and tries again",
                        self._host,
                        self._port,
                        error.strerror or error,
                        extra={"event": "http_unavailable", "reason": error.strerror},
                    )
                time.sleep(_PAUSE_SECONDS)
            else:
                # A child that outlived its parent would hold the port.
                os.register_at_fork(after_in_child=server.socket.close)
                server.serve_forever()


def serve(settings: Settings, routes: Routes) -> None:
    """Start this process's server if the settings give it a port."""
    if settings.http_port:
        HttpServer(settings.http_host, settings.http_port, routes).start()
