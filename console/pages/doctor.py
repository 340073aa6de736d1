"""The page of the doctor: everything that may be wrong, asked when the page is opened."""

import asyncio
import sys

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.responses import Response

from chat_tasks.errors import DependencyUnavailable
from console.access.guard import needs
from console.access.roles import Role
from console.pages.templating import render

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


@router.get("/doctor", include_in_schema=False)
async def page(request: Request) -> Response:
    """The page."""
    return render(request, "doctor.html", {"findings": await _ask()})


@router.get("/api/doctor")
async def data() -> list[FindingView]:
    """What `chat-tasks doctor` finds now; asking takes up to 30 seconds if a server is away."""
    return await _ask()


async def _ask() -> list[FindingView]:
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
