"""What every request passes before its page is asked: the right host, no foreign page behind it, and answers that a
browser may not misuse.
"""

from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.access.hosts import is_our_host, is_same_origin

_CHANGE_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})
# A password and a name.
_LARGEST_BODY_OF_STRANGERS = 16_000

# Pages load nothing from elsewhere, run no script in their text, and are shown in nobody's frame.
_HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    # With `no-referrer` a browser would send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Gate:
    """The outermost layer of the application: refuses foreign requests and adds the headers to all answers.

    `address` is where the console listens, `names` are the hosts' names that it is known by besides. A body of more
    than `largest_body` bytes, and one of a stranger that is longer than a password and a name, is refused before
    anybody reads it: pages read it before they ask who has sent it. `is_let_in` tells strangers from others.
    """

    def __init__(
        self,
        app: ASGIApp,
        address: str,
        names: Collection[str],
        largest_body: int,
        is_let_in: Callable[[HTTPConnection], bool],
    ) -> None:
        self._app = app
        self._largest_body = largest_body
        self._is_let_in = is_let_in
        self._address = address
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_our_host(host, self._address, self._names):
            return PlainTextResponse(
                "This console is not known by that host's name. CHAT_CONSOLE_NAMES lists the names it is known by.\n",
                421,
            )
        if _is_of_foreign_page(scope["method"], headers, host):
            return PlainTextResponse("A page of another site sent this request.\n", 403)
        return self._refusal_of_body(scope, headers)

    def _refusal_of_body(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        if "transfer-encoding" in headers:
            return PlainTextResponse("Name the length of the body: Content-Length.\n", 411)
        # The server has read the number already, and lets nobody send more than it says.
        length = int(headers.get("content-length", "0"))
        if length > self._largest_body:
            return PlainTextResponse(f"The body is longer than {self._largest_body:,} bytes.\n", 413)
        if length > _LARGEST_BODY_OF_STRANGERS and not self._is_let_in(HTTPConnection(scope)):
            return PlainTextResponse("A password is needed.\n", 401)
        return None


def _is_of_foreign_page(method: str, headers: Headers, host: str) -> bool:
    origin = headers.get("origin")
    # Browsers name the page behind every request that changes something; other programs send no `Origin`.
    if method not in _CHANGE_NOTHING and origin is not None and not is_same_origin(origin, host):
        return True
    # A link from elsewhere may lead here. A page elsewhere that only asks would get no answer, but make us work.
    return (
        headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}
        and headers.get("sec-fetch-mode") != "navigate"
    )
