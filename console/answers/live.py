"""Streams of changes: what a page shows is rendered again and again, and sent if it differs."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Mapping
from contextlib import aclosing

import orjson
from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from console.access.guard import Guard
from console.access.roles import Role

_SECONDS = 2.0
# A reader that is slow holds its streams up.
_AHEAD = 100

Parts = Callable[[], Mapping[str, object]]
"""The parts of a page, by the id of the element that shows each: HTML as a string, or data for a chart."""


class Rendered:
    """What pages show at this moment: each is rendered once, however many tabs show it.

    The application owns one, and uses it in the event loop. A moment is two seconds long and the same for all tabs, so
    they are in step. Invariant: it holds what was rendered in the newest moment, and nothing older.
    """

    def __init__(self) -> None:
        self._moment = 0
        self._pages: dict[Hashable, Mapping[str, object]] = {}

    def parts(self, page: Hashable, render: Parts, now: float) -> Mapping[str, object]:
        """The parts of a page, rendered if nobody has asked for them in this moment; `now` is any clock's."""
        moment = int(now // _SECONDS)
        if moment != self._moment:
            self._moment, self._pages = moment, {}
        if page not in self._pages:
            self._pages[page] = render()
        return self._pages[page]


async def merged(*streams: AsyncIterator[ServerSentEvent]) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of all streams, as they come. Raises what any of them raises, and ends all of them."""
    queue: asyncio.Queue[ServerSentEvent | Exception] = asyncio.Queue(_AHEAD)

    async def pass_on(stream: AsyncIterator[ServerSentEvent]) -> None:
        try:
            async for event in stream:
                await queue.put(event)
        except Exception as error:  # noqa: BLE001 - whoever reads the merged stream gets it
            await queue.put(error)

    tasks = [asyncio.create_task(pass_on(stream)) for stream in streams]
    try:
        while True:
            event = await queue.get()
            if isinstance(event, Exception):
                raise event
            yield event
    finally:
        for task in tasks:
            task.cancel()


async def while_let_in(
    request: Request, role: Role, events: AsyncGenerator[ServerSentEvent, None]
) -> AsyncIterator[ServerSentEvent]:
    """These events, until whoever was let in with this role has left, or the session has ended."""
    guard: Guard = request.app.state.guard
    async with aclosing(events):
        async for event in events:
            if not guard.still(request, role):
                return
            yield event


def stream(request: Request, parts: Parts) -> EventSourceResponse:
    """Send the parts that have changed, every two seconds.

    `parts` is called in the event loop, and answers at once. Requests of the same address and role get the same parts.
    The stream ends when whoever asked has left.
    """
    rendered: Rendered = request.app.state.rendered
    guard: Guard = request.app.state.guard
    role = guard.role(request)
    page = request.url.path, request.url.query, role

    async def changes() -> AsyncIterator[ServerSentEvent]:
        sent: Mapping[str, object] = {}
        while role is not None and guard.still(request, role):
            now = time.monotonic()
            shown = rendered.parts(page, parts, now)
            changed = {name: part for name, part in shown.items() if name not in sent or sent[name] != part}
            if changed:
                yield ServerSentEvent(orjson.dumps(changed).decode(), event="parts")
                sent = shown
            await asyncio.sleep(_SECONDS - now % _SECONDS)

    return EventSourceResponse(changes(), ping=15)
