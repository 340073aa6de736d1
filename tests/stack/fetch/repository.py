"""A Maven repository for tests: real HTTP, whose answers a test can count and break."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stack.fetch.jar_list import Jar


@dataclass
class Repository:
    """`files` are the jars by their path. The first answers send as many bytes as `cuts` say, and break off."""

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""

    def add(self, name: str, content: bytes, *, pinned: bytes | None = None) -> Jar:
        """Offer a jar; `pinned` is the content that its sum is of, if another."""
        jar = Jar("org.example", name, "1.0", "", hashlib.sha256(content if pinned is None else pinned).hexdigest())
        self.files[f"/{jar.path}"] = content
        return jar


@contextmanager
def repository() -> Iterator[Repository]:
    """An empty repository that answers at `address`."""
    offered = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            offered.asked.append((self.path, self.headers["Range"]))
            content = offered.files.get(self.path)
            if content is None:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            first = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            if first >= len(content):
                self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
            self.send_response(HTTPStatus.PARTIAL_CONTENT if first else HTTPStatus.OK)
            self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            last = first + offered.cuts.pop(0) if offered.cuts else len(content)
            self.wfile.write(content[first:last])

        def log_message(self, *_: object) -> None:
            """Say nothing: the test reads `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        offered.address = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield offered
        finally:
            server.shutdown()
            serving.join()
