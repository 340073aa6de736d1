"""How numbers, times and durations are written for people."""

from datetime import UTC, datetime

# An en dash, as wide as a figure.
_NOTHING = "\N{EN DASH}"
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def number(value: float | None) -> str:
    """A number as people read it: `4,209`, `12.5`, a dash if there is none."""
    if value is None:
        return _NOTHING
    if abs(value) >= 10 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}"


def duration(seconds: float | None) -> str:
    """A duration in its natural unit: `24 ms`, `1.3 s`, `12 s`, `4 min`, `2 h`, `3 d`; a dash if there is none."""
    if seconds is None:
        return _NOTHING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    for unit, name in ((_DAY, "d"), (_HOUR, "h")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / _MINUTE:.0f} min"


def moment(at: float | None) -> str:
    """A time with its day, in UTC: `2026-01-31 22:41:07`; a dash if there is none."""
    return _NOTHING if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def clock(at: float | None) -> str:
    """A time of the day in UTC: `22:41:07`; a dash if there is none."""
    return _NOTHING if at is None else datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
