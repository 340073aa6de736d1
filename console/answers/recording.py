"""Records what people do on pages: the one way by which a route changes something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from bridge.audit.entry import Action, Result, failure_of
from bridge.audit.trail import Recording
from console.access.guard import Guard
from console.calls import call
from console.watch import Watch


@asynccontextmanager
async def record(request: Request, action: Action, target: str) -> AsyncIterator[Recording]:
    """Record what is carried out within the block, and what comes of it, in the name of whoever sent the request.

    Raises `NotAudited` before the block is entered if the action cannot be written: then nothing is done.
    """
    watch: Watch = request.app.state.watch
    guard: Guard = request.app.state.guard
    entry = await call(lambda: watch.trail.begin(action, target, guard.who(request)), "Kafka")
    recording = Recording()
    result, detail = Result.FAILED, "the console ended meanwhile"
    try:
        yield recording
        result, detail = Result.DONE, recording.detail
    except Exception as error:
        detail = failure_of(error)
        raise
    finally:
        await call(lambda: watch.trail.end(entry, result, detail), "Kafka")
