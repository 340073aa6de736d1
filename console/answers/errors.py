"""What a person and what a program sees if a page cannot be shown."""

from fastapi import FastAPI, HTTPException
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chat_tasks.errors import ChatTasksError, ConfigurationError, InvalidRecord, NotReleased, NotReplayed
from console.answers.templating import render

_FOR_PROGRAMS = ("/api", "/metrics")
_TITLES = {403: "Not for you", 404: "Nothing here", 429: "Too many tries"}


def add_error_pages(app: FastAPI) -> None:
    """Answer errors: programs get JSON, people get a page."""

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, AnyHTTPException)
        return _answer(request, error.status_code, str(error.detail), error.headers)

    async def our_error(request: Request, error: Exception) -> Response:
        if isinstance(error, InvalidRecord):
            return _answer(request, 422, str(error))
        if isinstance(error, NotReleased | NotReplayed):
            return _answer(request, 409, str(error))
        return _answer(request, 500 if isinstance(error, ConfigurationError) else 503, str(error))

    async def wrong_request(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if request.url.path.startswith(_FOR_PROGRAMS):
            return await request_validation_exception_handler(request, error)
        return _answer(request, 422, "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors()))

    app.add_exception_handler(RequestValidationError, wrong_request)
    app.add_exception_handler(AnyHTTPException, http_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(ChatTasksError, our_error)


def _answer(request: Request, status: int, reason: str, headers: object = None) -> Response:
    kept = dict(headers) if isinstance(headers, dict) else {}
    if request.url.path.startswith(_FOR_PROGRAMS):
        return JSONResponse({"error": reason}, status, kept)
    if status == 401:
        return RedirectResponse("/login", 303)
    page = render(request, "error.html", {"title": _TITLES.get(status, "That did not work"), "reason": reason}, status)
    page.headers.update(kept)
    return page
