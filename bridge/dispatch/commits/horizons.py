"""Whether the rows are as new as the log: what was purged from the log must not be missing among the rows."""

from collections.abc import Mapping

from chat_tasks.errors import ConfigurationError


def check_horizons(log_topic: str, lows: Mapping[int, int], horizons: Mapping[int, int]) -> None:
    """Compare the first offset that each partition of the log has with what the rows say of themselves.

    Raises `ConfigurationError` if records were purged whose rows may be missing: their numbers would be given again.
    """
    older = {number: low for number, low in sorted(lows.items()) if low > horizons.get(number, 0)}
    if older:
        where = ", ".join(
            f"{log_topic}[{number}] begins at offset {low}, and rows are complete up to {horizons.get(number, 0)}"
            for number, low in older.items()
        )
        raise ConfigurationError(
            f"the rows are older than what was purged from the log: {where}. With an older backup of Cassandra numbers "
            "would be given twice: `chat-tasks verify` names the rows that are missing. Restore a newer one. If no row "
            "is missing, as after an older version has purged the log, `chat-tasks init --accept-rows` goes on"
        )
