"""Requests to databases, by OpenTelemetry's semantic conventions for database clients."""

from chat_tasks.tracing.spans import Kind, Operation


def select(table: str) -> Operation:
    """Reads of a table of Cassandra that are sent at the same time."""
    return _cassandra("SELECT", table)


def batch(table: str, rows: int) -> Operation:
    """Writes to a table of Cassandra that are sent at the same time."""
    # By the conventions a single one is no batch, and has no size.
    return _cassandra("BATCH", table, {"db.operation.batch.size": rows} if rows > 1 else {})


def redis(command: str) -> Operation:
    """A command of Redis."""
    return Operation(command, Kind.CLIENT, {"db.system.name": "redis", "db.operation.name": command})


def _cassandra(operation: str, table: str, more: dict[str, int] | None = None) -> Operation:
    attributes: dict[str, str | int] = {
        "db.system.name": "cassandra",
        "db.operation.name": operation,
        "db.collection.name": table,
        **(more or {}),
    }
    return Operation(f"{operation} {table}", Kind.CLIENT, attributes)
