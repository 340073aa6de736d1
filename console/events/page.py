"""The JSON of what happened."""

from pydantic import BaseModel

from console.events.event import EventLog


class EventView(BaseModel):
    """What happened: `at` is in seconds since 1970, and `event` is the name that the list of log events has."""

    at: float
    process: str
    level: str
    event: str
    message: str


def events_view(log: EventLog, most: int, now: float) -> list[EventView]:
    """The newest events, the newest first."""
    return [EventView(**event._asdict()) for event in log.newest(most, now)]
