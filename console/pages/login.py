"""The page that asks for a password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from console.access.guard import COOKIE, Guard
from console.answers.templating import render

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def ask(request: Request) -> Response:
    """The form."""
    return render(request, "login.html", {"is_wrong": False})


@router.post("/login")
async def enter(request: Request, password: Annotated[str, Form()] = "", name: Annotated[str, Form()] = "") -> Response:
    """Begin a session."""
    guard: Guard = request.app.state.guard
    token = guard.begin(password, name.strip())
    if token is None:
        return render(request, "login.html", {"is_wrong": True}, 401)
    answer = RedirectResponse("/", 303)
    # Without `max_age` the browser forgets it at its end; the console forgets it after half a day.
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


@router.post("/logout")
async def leave(request: Request) -> Response:
    """End the session."""
    guard: Guard = request.app.state.guard
    guard.end(request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
