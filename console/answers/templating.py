"""Renders templates. Everything in them is escaped; user text is only ever text."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.templating import Jinja2Templates

from bridge.picture.sentences import clock, duration, moment, number
from console.access.guard import Guard
from console.access.roles import Role
from console.addresses import conversation_address, quarantine_address
from console.curves import halves, sparkline, strip
from console.honest_text import honest
from console.letters.page import state_words
from console.quarantine.difference import marked
from console.shell import argument, in_shell

_templates = Jinja2Templates(Path(__file__).parent.parent / "templates")
_templates.env.undefined = StrictUndefined
_templates.env.trim_blocks = _templates.env.lstrip_blocks = True
_templates.env.filters.update(
    number=number,
    duration=duration,
    clock=clock,
    moment=moment,
    sparkline=sparkline,
    strip=strip,
    conversation_address=conversation_address,
    honest=honest,
    marked=marked,
    quarantine_address=quarantine_address,
    state_words=state_words,
    in_shell=in_shell,
    argument=argument,
)
_templates.env.globals["halves"] = halves


def render(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """A whole page."""
    guard: Guard = request.app.state.guard
    return _templates.TemplateResponse(
        request, template, {"asks_for_passwords": guard.asks_for_passwords, **values}, status_code=status
    )


def permissions(role: Role) -> dict[str, bool]:
    """What a page shows to somebody with this role, for templates."""
    return {"may_read": role >= Role.READER, "may_operate": role >= Role.OPERATOR}


def render_part(template: str, values: Mapping[str, Any]) -> str:
    """A part of a page, for its stream of changes."""
    return _templates.env.get_template(template).render(values)
