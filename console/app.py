"""The web application: every page's routes, behind the gate."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from chat_tasks.settings import Settings
from chat_tasks.version import VERSION
from console.access.bodies import largest_body
from console.access.gate import Gate
from console.access.guard import Guard
from console.access.roles import Role
from console.answers.errors import add_error_pages
from console.answers.live import Rendered
from console.pages import (
    audit,
    conversation,
    doctor,
    letters,
    login,
    metrics,
    partitions,
    pipeline,
    quarantine,
    replays,
    workers,
)
from console.watch import Watch

_STATIC = Path(__file__).parent / "static"


def make_app(
    settings: Settings, watch: Watch, passwords: Mapping[Role, str], address: str, names: Collection[str]
) -> FastAPI:
    """The application. `address` is where it listens, `names` are the hosts' names that it is known by besides.

    At its end it stops the watch.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        # It holds nobody up, since nobody is answered any more. uvicorn then ends the process by the signal that
        # it got, so nothing else would run.
        watch.stop()

    guard = Guard(passwords)
    app = FastAPI(
        title="chat-tasks",
        version=VERSION,
        openapi_url="/api/openapi.json",
        # Both would load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Gate, address, names, largest_body(settings), lambda request: guard.still(request, Role.VIEWER))
        ],
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.watch = watch
    app.state.guard = guard
    app.state.rendered = Rendered()
    app.state.doctor = doctor.Doctor(doctor.run_doctor)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    add_error_pages(app)
    # A replay's address would be that of a letter too.
    everyday = login, pipeline, conversation, replays, letters, quarantine
    for page in (*everyday, workers, partitions, doctor, audit, metrics):
        app.include_router(page.router)
    return app
