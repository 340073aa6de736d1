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


_WITHHELD = "not shown to viewers, because CHAT_LOG_KEYS is set"


def events_view(log: EventLog, most: int, now: float, *, may_see_keys: bool) -> list[EventView]:
    """The newest events, the newest first; without their messages for those who may see no keys."""
    withheld = {} if may_see_keys else {"message": _WITHHELD}
    return [EventView(**{**event._asdict(), **withheld}) for event in log.newest(most, now)]
