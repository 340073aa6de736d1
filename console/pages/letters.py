"""The pages of dead letters: the list, and one letter that is opened, edited and sent again."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from bridge.letters.opening import OpenedLetter
from bridge.letters.selection import Selection
from bridge.letters.sending_again import record_again
from bridge.records.replay_receipts import LetterId
from chat_tasks.errors import DependencyUnavailable, NotReplayed
from chat_tasks.settings import Settings
from console.access.bodies import largest_body
from console.access.guard import Guard, Operator, needs
from console.access.roles import Role
from console.answers.live import stream
from console.answers.templating import permissions, render, render_part
from console.letters.editing import edited, field_text, is_whole, with_line_feeds
from console.letters.filters import Filters, WrongFilter
from console.letters.page import (
    PAGE,
    FiguresView,
    LettersView,
    WholeLetterView,
    figures_view,
    letters_view,
    replay_view,
    whole_letter_view,
)
from console.shell import in_shell
from console.watch import Watch

router = APIRouter()
_viewing = Depends(needs(Role.VIEWER))
_reading = Depends(needs(Role.READER))
_MOST = 500
# More of a value is offered as a file.
_SHOWN_BYTES = 64 * 1024

Viewer = Annotated[Role, _viewing]
Reader = Annotated[Role, _reading]


class ListedFilters(Filters):
    """Which letters to list: at most `limit` of those that follow the one with the id `older_than`."""

    older_than: str | None = None
    limit: Annotated[int, Query(ge=1, le=_MOST)] = PAGE


class PageFilters(ListedFilters):
    """The same for the page, which begins with the letters that wait."""

    state: str = "waiting"


@router.get("/letters", include_in_schema=False)
async def page(request: Request, role: Viewer, filters: Annotated[PageFilters, Query()]) -> Response:
    """The page; for a viewer it has figures only."""
    watch: Watch = request.app.state.watch
    if role < Role.READER:
        await watch.letters.look(Selection())
        return render(request, "letters.html", _figures(watch))
    try:
        await watch.letters.look(filters.selection())
    except WrongFilter as error:
        values = {**permissions(role), "filters": filters, "wrong": error}
        return render(request, "letters.html", values, 422)
    return render(request, "letters.html", {"wrong": None, **_list(watch, role, filters)})


@router.get("/live/letters", include_in_schema=False)
async def live(request: Request, role: Viewer, filters: Annotated[PageFilters, Query()]) -> EventSourceResponse:
    """The page's parts, as they change."""
    watch: Watch = request.app.state.watch
    wanted = Selection() if role < Role.READER else _selection(filters)

    def parts() -> Mapping[str, object]:
        watch.letters.keep_looking(wanted)
        values = _figures(watch) if role < Role.READER else _list(watch, role, filters)
        names = ("standing", "seen", "figures") if role < Role.READER else ("standing", "seen", "figures", "list")
        return {name: render_part(f"letters/{name}.html", values) for name in names}

    return stream(request, parts)


@router.get("/letters/{letter}", include_in_schema=False)
async def one_page(request: Request, role: Reader, letter: str) -> Response:
    """One letter."""
    try:
        opened = await _open(request, letter)
    except DependencyUnavailable as error:
        return _letter_page(request, role, letter, None, failure=str(error))
    return _letter_page(request, role, letter, opened)


@router.post("/letters/{letter}", include_in_schema=False)
async def send_edited(request: Request, role: Operator, letter: str) -> Response:
    """Check what was typed, and send it in place of the letter's value."""
    watch: Watch = request.app.state.watch
    guard: Guard = request.app.state.guard
    settings: Settings = request.app.state.settings
    form = await request.form(max_part_size=largest_body(settings))
    value = str(form.get("value", ""))
    opened: OpenedLetter | None = None
    try:
        opened = await _open(request, letter)
        sent = edited(opened.letter.value, value)
        _check(opened, sent, settings)
        command = _replay_command(opened, is_edited=sent is not None)
        wanted = Selection(frozenset([opened.letter.id]))
        replay = watch.replays.start(wanted, command=command, by=guard.who(request), value=sent)
    except DependencyUnavailable as error:
        return _letter_page(request, role, letter, opened, typed=value, failure=str(error))
    except NotReplayed as error:
        return _letter_page(request, role, letter, opened, typed=value, refusal=str(error))
    return RedirectResponse(f"/letters/replays/{replay.id}", 303)


@router.get("/letters/{letter}/value", include_in_schema=False, dependencies=[_reading])
async def raw_value(request: Request, letter: str) -> Response:
    """The value's bytes as they are, to be kept as a file: a browser shows none of them."""
    opened = await _open(request, letter)
    headers = {"content-disposition": f'attachment; filename="letter-{opened.letter.id}"'}
    return Response(opened.letter.value or b"", media_type="application/octet-stream", headers=headers)


@router.get("/api/letters/figures", dependencies=[_viewing])
async def figures(request: Request) -> FiguresView:
    """How many letters there are, by stage, reason and state: no text of a user."""
    watch: Watch = request.app.state.watch
    return figures_view(await watch.letters.look(Selection()))


@router.get("/api/letters", dependencies=[_reading])
async def data(request: Request, filters: Annotated[ListedFilters, Query()]) -> LettersView:
    """The letters that match, newest first.

    A look takes up to five seconds. After that the answer is what was seen before, with the time `at` which it was.
    """
    watch: Watch = request.app.state.watch
    return letters_view(await watch.letters.look(_selection(filters)), filters.older_than, filters.limit)


@router.get("/api/letters/{letter}", dependencies=[_reading])
async def one(request: Request, letter: str) -> WholeLetterView:
    """One letter by its id: a partition of `dead_letter` and an offset, as 3@1842."""
    return whole_letter_view(await _open(request, letter))


def _selection(filters: Filters) -> Selection:
    try:
        return filters.selection()
    except WrongFilter as error:
        raise HTTPException(422, str(error)) from None


async def _open(request: Request, letter: str) -> OpenedLetter:
    """The letter with the id that an address has. Raises `HTTPException` 404 if there is none."""
    watch: Watch = request.app.state.watch
    try:
        return await watch.letters.open(LetterId.read(letter))
    except ValueError:
        raise HTTPException(404, "A letter's id is a partition and an offset, as 3@1842.") from None
    except NotReplayed as error:
        raise HTTPException(404, f"{error}.") from None


def _figures(watch: Watch) -> dict[str, object]:
    wanted = Selection()
    found = figures_view(watch.letters.reading(wanted))
    progress = watch.letters.looked_through(wanted)
    return {**permissions(Role.VIEWER), "page": found, "looked_through": progress, "wrong": None}


def _list(watch: Watch, role: Role, filters: ListedFilters) -> dict[str, object]:
    wanted = _selection(filters)
    found = letters_view(watch.letters.reading(wanted), filters.older_than, filters.limit)
    plain = Filters(**filters.model_dump(include=set(Filters.model_fields)))
    older = None if found.older_until is None else plain.model_copy(update={"until": found.older_until})
    return {
        **permissions(role),
        "page": found,
        "filters": plain,
        "older": older,
        "looked_through": watch.letters.looked_through(wanted),
        "replays": [replay_view(one) for one in watch.replays.all()],
    }


def _letter_page(
    request: Request,
    role: Role,
    letter: str,
    opened: OpenedLetter | None,
    *,
    typed: str | None = None,
    refusal: str | None = None,
    failure: str | None = None,
) -> Response:
    """The page of a letter. What was typed stays, whatever is wrong with it."""
    value = b"" if opened is None else opened.letter.value or b""
    values = {
        **permissions(role),
        "id": letter,
        "letter": None if opened is None else whole_letter_view(opened),
        "is_quarantined": opened is not None and opened.letter.quarantined is not None,
        "value": value[:_SHOWN_BYTES],
        "size": len(value),
        "has_value": opened is not None and opened.letter.value is not None,
        "is_whole": is_whole(value),
        "typed": field_text(value) if typed is None else with_line_feeds(typed),
        "refusal": refusal,
        "failure": failure,
        "show_command": in_shell("chat-tasks", "letters", "show", letter),
        "replay_command": in_shell("chat-tasks", "letters", "replay", letter, "--value-file", "FILE"),
    }
    status = 503 if failure is not None else 422 if refusal is not None else 200
    return render(request, "letter.html", values, status)


def _check(opened: OpenedLetter, value: bytes | None, settings: Settings) -> None:
    """Raise `NotReplayed` if the letter is not to be sent again, or would be refused again with this value."""
    if opened.state.is_settled:
        raise NotReplayed("it was sent again, or released, before")
    # The numbers of partitions have no say in whether a value is valid.
    record_again(opened.letter, opened.state, value, {}, settings)


def _replay_command(opened: OpenedLetter, *, is_edited: bool) -> str:
    edits = ["--value-file", "FILE"] if is_edited else []
    return in_shell("chat-tasks", "letters", "replay", str(opened.letter.id), *edits)
