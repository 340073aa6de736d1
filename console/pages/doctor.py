"""The page of the doctor: everything that may be wrong, asked when the page is opened."""

import asyncio
import sys
from collections.abc import Callable, Coroutine

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.responses import Response

from chat_tasks.errors import DependencyUnavailable
from console.access.guard import needs
from console.access.roles import Role
from console.answers.templating import render

# The command asks for half a minute, if a server is away.
_SECONDS = 60.0

router = APIRouter(dependencies=[Depends(needs(Role.VIEWER))])


class FindingView(BaseModel):
    """What a check found: `status` is ok, unknown, warning or failure."""

    check: str
    status: str
    detail: str
    remedy: str


_FINDINGS = TypeAdapter(list[FindingView])


class Doctor:
    """Runs the command for all who ask at the same time, so however many they are one process runs.

    The application owns one, and uses it in the event loop. A run goes on if whoever asked for it goes away.
    """

    def __init__(self, run: Callable[[], Coroutine[None, None, list[FindingView]]]) -> None:
        self._run = run
        self._running: asyncio.Task[list[FindingView]] | None = None

    async def findings(self) -> list[FindingView]:
        """What it finds, by the run that goes on, or by a new one. Raises what `run` raises."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
            # If everybody has gone away, nobody is told how it failed: asyncio would log that as a mistake of ours.
            self._running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return await asyncio.shield(self._running)


@router.get("/doctor", include_in_schema=False)
async def page(request: Request) -> Response:
    """The page."""
    return render(request, "doctor.html", {"findings": await _ask(request)})


@router.get("/api/doctor")
async def data(request: Request) -> list[FindingView]:
    """What `chat-tasks doctor` finds now; asking takes up to 30 seconds if a server is away."""
    return await _ask(request)


async def _ask(request: Request) -> list[FindingView]:
    doctor: Doctor = request.app.state.doctor
    return await doctor.findings()


async def run_doctor() -> list[FindingView]:
    """Run the command itself: Kafka's client may abort the process that asks for a group (librdkafka's issue 4605)."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bridge.cli import main; main()", "doctor", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            told, complaint = await process.communicate()
    except TimeoutError:
        raise DependencyUnavailable(f"chat-tasks doctor has not ended within {_SECONDS:.0f} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return _FINDINGS.validate_json(told)
    except ValidationError:
        lines = complaint.decode(errors="replace").strip().splitlines()
        said = lines[-1] if lines else f"exit code {process.returncode}"
        raise DependencyUnavailable(f"chat-tasks doctor said nothing: {said}") from None
