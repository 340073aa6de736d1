"""The JSON of the page of the audit."""

from pydantic import BaseModel

from bridge.audit.entry import Entry
from bridge.audit.reading import AuditPart


class EntryView(BaseModel):
    """An action: `begun` and `ended` are in seconds since 1970, and `name` is what the person gave as a name."""

    id: str
    begun: float
    ended: float | None
    role: str
    name: str
    action: str
    target: str
    result: str
    detail: str


class AuditView(BaseModel):
    """Actions, the newest first. Ask for `before=` the number in `earlier` to get what lies before; None if none do."""

    entries: list[EntryView]
    earlier: int | None


def audit_view(part: AuditPart) -> AuditView:
    """A part of the audit as JSON."""
    return AuditView(entries=[_view(one) for one in part.entries], earlier=part.earlier)


def _view(entry: Entry) -> EntryView:
    return EntryView(
        id=entry.id,
        begun=entry.begun,
        ended=entry.ended,
        role=entry.role,
        name=entry.name,
        action=entry.action.value,
        target=entry.target,
        result=entry.result.value,
        detail=entry.detail,
    )
