"""The server's thresholds for requests over several partitions, read from the server: raising them there is enough."""

from cassandra.cluster import Session
from pydantic import ByteSize, TypeAdapter

from chat_tasks.conversation.chunks import Thresholds

_NO_LIMIT = 2**31
_sizes = TypeAdapter(ByteSize)

# The server counts a request's bytes its own way. Our estimate is an upper one, and a little room costs nothing.
_SHARE = 0.9


def parse_size(value: str) -> int:
    """Bytes of a data size as `system_views.settings` shows it (`5KiB`); no value (`null`) means no limit."""
    return _NO_LIMIT if value in {"null", ""} else _sizes.validate_python(value)


def read_thresholds(session: Session) -> Thresholds:
    """The thresholds above which the server warns about, or refuses, a request over several partitions."""
    values = {
        name: session.execute("SELECT value FROM system_views.settings WHERE name = %s", (name,)).one()
        for name in (
            "batch_size_warn_threshold",
            "batch_size_fail_threshold",
            "unlogged_batch_across_partitions_warn_threshold",
        )
    }
    warn, fail, partitions = (
        row.value if row is not None and row.value is not None else "null" for row in values.values()
    )
    return Thresholds(
        batch_bytes=int(min(parse_size(warn), parse_size(fail)) * _SHARE),
        batch_partitions=int(partitions) if partitions != "null" else _NO_LIMIT,
    )
