"""A record that cannot be processed goes, whole and with the reason, to `dead_letter`.

The header names are those of Kafka Connect (`errors.deadletterqueue.context.headers.enable`), so its tools read them.
"""

from dataclasses import dataclass

from bridge.headers import Headers

_PREFIX = "__connect.errors."


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record came from, and who gave it up."""

    topic: str
    partition: int
    offset: int
    stage: str
    instance: str


def dead_letter_headers(original: Headers, source: Source, error: str, reason: str) -> Headers:
    """The original headers, then ours; `error` is the exception's name, `reason` its message."""
    return [
        *original,
        (f"{_PREFIX}topic", source.topic.encode()),
        (f"{_PREFIX}partition", str(source.partition).encode()),
        (f"{_PREFIX}offset", str(source.offset).encode()),
        (f"{_PREFIX}stage", source.stage.encode()),
        (f"{_PREFIX}task.id", source.instance.encode()),
        (f"{_PREFIX}exception.class.name", error.encode()),
        (f"{_PREFIX}exception.message", reason.encode()),
    ]
