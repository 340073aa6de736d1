"""How long a record can stay on a broker's disk, by the properties of its topic."""

from collections.abc import Mapping

# Kafka's own tools take so long a time for "never" too.
_NEVER_MS = 100 * 365 * 24 * 3600 * 1000


def longest_stay(topic: Mapping[str, str], broker: Mapping[str, str]) -> float | None:
    """Seconds after its append within which a record has left the disk; None if Kafka deletes it never by itself.

    A file is deleted once its newest record is older than the retention, also if nothing is appended any more. Its
    newest record is at most `segment.ms` younger than its oldest.
    """
    retention = int(topic["retention.ms"])
    if retention < 0 or "delete" not in topic["cleanup.policy"]:
        return None
    milliseconds = retention + int(topic["segment.ms"]) + deletion_milliseconds(topic, broker)
    if topic["message.timestamp.type"] == "CreateTime":
        # Then a sender's clock says how old a record is.
        milliseconds += int(topic.get("message.timestamp.after.max.ms", 0))
    return milliseconds / 1000 if milliseconds < _NEVER_MS else None


def deletion_milliseconds(topic: Mapping[str, str], broker: Mapping[str, str]) -> int:
    """The time within which a closed file that may be deleted is."""
    return int(broker["log.retention.check.interval.ms"]) + int(topic["file.delete.delay.ms"])
