"""The page of a conversation, and the same over HTTP for front ends that know nothing of Kafka."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Form, Header, HTTPException, Path, Query, Request
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import RedirectResponse, Response

from bridge.audit.entry import Action, conversation_target
from chat_tasks.conversation.pages import page_of
from chat_tasks.conversation.routing import partition_of
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from chat_tasks.storage.session import failures_as_unavailable
from console.access.guard import Reader, needs
from console.access.roles import Role
from console.addresses import conversation_address
from console.answers.live import merged, while_let_in
from console.answers.recording import record
from console.answers.templating import render, render_part
from console.calls import call
from console.conversation.composer import Accepted, Numbered, checked, send, send_and_wait
from console.conversation.following import Shown, follow, read_page
from console.conversation.page import ConversationView, MessageView, conversation_view, message_view
from console.conversation.standing import ask_standing
from console.watch import Watch

router = APIRouter(dependencies=[Depends(needs(Role.READER))])
_sending = Depends(needs(Role.OPERATOR))

_LIMIT = 50
_MOST = 500
_STANDING_SECONDS = 2.0

Key = Annotated[str, Path(min_length=1)]
Number = Annotated[int | None, Query(ge=0, le=2**62)]


class Part(BaseModel):
    """Which messages are wanted, and how many at most; the newest if no number is given."""

    before: Number = None
    around: Number = None
    after: Number = None
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _LIMIT


class PagePart(Part):
    """The same for the page of the conversation with this key; in a form's field it is percent-encoded."""

    key: str = ""
    encoded_key: str = ""


class NewMessage(BaseModel):
    """What to send."""

    sender: str
    recipients: list[str] = []
    body: str


class Sent(BaseModel):
    """Where Kafka has the message, and its number if it was waited for and came; times are in milliseconds."""

    topic: str
    partition: int
    offset: int
    accepted_ms: float
    number: int | None = None
    numbered_ms: float | None = None


class Messages(BaseModel):
    """Messages of a conversation, oldest first, and what is known of it."""

    conversation: ConversationView
    messages: list[MessageView]


@router.get("/c", include_in_schema=False)
@router.get("/c/{path_key:key}", include_in_schema=False)
async def page(request: Request, part: Annotated[PagePart, Query()], path_key: str = "") -> Response:
    """The page; the newest messages if no number is given."""
    wanted = path_key or part.key or unquote(part.encoded_key)
    if not wanted:
        return RedirectResponse("/", 303)
    found = await _read(request, wanted, part)
    shown, newest = found.messages, found.conversation.newest
    values = {
        "conversation": found.conversation,
        "messages": shown,
        "is_newest": part.before is None and part.around is None and part.after is None,
        "earlier": shown[0].number if shown and shown[0].number > 0 else None,
        "later": shown[-1].last if shown and newest is not None and shown[-1].last < newest else None,
        "after": shown[-1].last if shown else -1,
        "address": conversation_address(wanted),
        "around": part.around,
    }
    return render(request, "conversation.html", values)


@router.post("/c", include_in_schema=False, dependencies=[_sending])
async def send_form(
    request: Request,
    key: str,
    sender: Annotated[str, Form()],
    body: Annotated[str, Form()],
    recipients: Annotated[str, Form()] = "",
) -> Response:
    """Send what was typed, for browsers without script."""
    to = [name.strip() for name in recipients.split(",") if name.strip()]
    await _send(request, key, NewMessage(sender=sender, recipients=to, body=body), wait=False)
    return RedirectResponse(conversation_address(key), 303)


@router.post("/api/messages", include_in_schema=False, dependencies=[_sending])
async def send_typed(request: Request, key: str, message: NewMessage) -> Sent:
    """Send what was typed, and wait for its number: a browser would resolve the key `..` in a path."""
    return await _send(request, key, message, wait=True)


@router.get("/live/conversation", include_in_schema=False)
async def live(
    request: Request, role: Reader, key: str, after: Annotated[int, Query(ge=-1)] = -1
) -> EventSourceResponse:
    """The messages above a number as they come, and how the conversation stands, both as HTML."""

    async def standings() -> AsyncIterator[ServerSentEvent]:
        sent = ""
        while True:
            conversation = await _look_at(request, key)
            html = render_part("conversation/standing.html", {"conversation": conversation})
            if html != sent:
                yield ServerSentEvent(html, event="standing")
                sent = html
            await asyncio.sleep(_STANDING_SECONDS)

    async def messages() -> AsyncIterator[ServerSentEvent]:
        async for shown in _follow(request, key, _number_after(request, after)):
            for one in shown:
                view = message_view(one)
                html = render_part("conversation/message.html", {"message": view})
                yield ServerSentEvent(html, event="message", id=str(view.last))

    return EventSourceResponse(while_let_in(request, role, merged(messages(), standings())), ping=15)


@router.get("/api/conversations/{key:key}/messages")
async def messages(request: Request, key: Key, part: Annotated[Part, Query()]) -> Messages:
    """A part of the conversation: the newest messages, or those before, around or after a number."""
    if sum(one is not None for one in (part.before, part.around, part.after)) > 1:
        raise HTTPException(422, "Give one of before, around and after.")
    return await _read(request, key, part)


@router.post("/api/conversations/{key:key}/messages", status_code=202, dependencies=[_sending])
async def post_message(
    request: Request, key: Key, message: NewMessage, *, wait: Annotated[bool, Query()] = False
) -> Sent:
    """Send a message; with `?wait=1` the answer has its number, unless that takes more than 20 seconds."""
    return await _send(request, key, message, wait=wait)


@router.get("/api/conversations/{key:key}/events")
async def events(
    request: Request,
    role: Reader,
    key: Key,
    after: Annotated[int, Query(ge=-1)] = -1,
    last_event_id: Annotated[str | None, Header()] = None,  # noqa: ARG001 - so that OpenAPI names it
) -> EventSourceResponse:
    """The messages above the number `after`, and then all that come: server-sent events whose ids are the numbers.

    A client that connects again sends its last id in `Last-Event-ID`, misses nothing and sees nothing twice.
    """

    async def stream() -> AsyncGenerator[ServerSentEvent, None]:
        async for shown in _follow(request, key, _number_after(request, after)):
            for one in shown:
                view = message_view(one)
                yield ServerSentEvent(view.model_dump_json(), event=view.state, id=str(view.last))

    return EventSourceResponse(while_let_in(request, role, stream()), ping=15)


async def _send(request: Request, key: str, typed: NewMessage, *, wait: bool) -> Sent:
    message = InstantMessage(conversationKey=key, sender=typed.sender, recipients=typed.recipients, body=typed.body)
    watch: Watch = request.app.state.watch
    settings: Settings = request.app.state.settings
    # What ingest would refuse is not sent, and so is no action.
    checked(settings, message)
    async with record(request, Action.SEND, conversation_target(message.conversationKey, settings)) as recording:
        numbered = None
        if wait:
            accepted, numbered = await send_and_wait(settings, watch.announcements, message)
        else:
            accepted = await send(settings, message)
        recording.detail = f"{accepted.topic}[{accepted.partition}] offset {accepted.offset}"
    return _sent(accepted, numbered)


def _number_after(request: Request, after: int) -> int:
    last = request.headers.get("last-event-id", "")
    return int(last) if last.isascii() and last.isdecimal() else after


def _follow(request: Request, key: str, after: int) -> AsyncIterator[Sequence[Shown]]:
    watch: Watch = request.app.state.watch
    return follow(watch.announcements, watch.cassandra, key, after)


async def _look_at(request: Request, key: str) -> ConversationView:
    """How the conversation stands, as its owner says now; without its newest number."""
    watch: Watch = request.app.state.watch
    settings: Settings = request.app.state.settings
    sight = watch.sight()
    owner = sight.owner(settings.log_topic, partition_of(key.encode(), settings.log_partitions))
    standing = None if owner is None else await call(lambda: ask_standing(owner.address, key), owner.name)
    return conversation_view(settings, sight, key, None if owner is None else owner.name, standing)


async def _read(request: Request, key: str, part: Part) -> Messages:
    watch: Watch = request.app.state.watch

    def read() -> tuple[int | None, list[Shown]]:
        pages = watch.cassandra.pages()
        with failures_as_unavailable():
            newest = pages.newest(key)
        if newest is None:
            return None, []
        wanted = page_of(newest, part.limit, around=part.around, before=part.before, after=part.after)
        return newest, read_page(pages, key, wanted) if wanted.first < wanted.end else []

    (newest, found), conversation = await asyncio.gather(call(read, "Cassandra"), _look_at(request, key))
    conversation.newest = newest
    return Messages(conversation=conversation, messages=[message_view(one) for one in found])


def _sent(accepted: Accepted, numbered: Numbered | None) -> Sent:
    return Sent(
        topic=accepted.topic,
        partition=accepted.partition,
        offset=accepted.offset,
        accepted_ms=round(accepted.seconds * 1000, 1),
        number=None if numbered is None else numbered.sequence,
        numbered_ms=None if numbered is None else round(numbered.seconds * 1000, 1),
    )
