"""The metadata of a committed offset: a string `version:digest:durable:finished offsets`.

The digest is that of the nodes' generations under which everything before the offset was written, or replayed. If it
differs from today's digest, a successor first replays all records from the offset `durable` on. As a rule the log has
no records below `durable` any more. But a broker that is killed forgets the purges of its last minute.
"""

from dataclasses import dataclass
from hashlib import blake2b

from bridge.dispatch.commits.offset_encoding import decode_text, encode_text
from bridge.kafka.transaction import LARGEST_METADATA
from chat_tasks.errors import ConfigurationError
from chat_tasks.formats.tasks import Generations

_VERSION = "2"
_VERSION_WITHOUT_DURABLE = "1"

# Bytes of encoded offsets that fit beside the other fields.
LARGEST_ENCODING = (LARGEST_METADATA - 32) // 4 * 3


@dataclass(frozen=True, slots=True)
class CommitMetadata:
    """The content of a commit's metadata. `digest` is empty and `finished` None if dispatch never committed anything.

    No Cassandra node can forget a row of a record below the offset `durable`, unless the record became a dead letter.
    """

    digest: str = ""
    finished: bytes | None = None
    durable: int = 0


def digest_of(generations: Generations) -> str:
    """Eight characters that differ if any node's generation differs."""
    text = ",".join(f"{host}={generation}" for host, generation in sorted(generations.items()))
    return blake2b(text.encode(), digest_size=4).hexdigest()


def encode_metadata(metadata: CommitMetadata) -> str:
    """The string to commit."""
    return f"{_VERSION}:{metadata.digest}:{metadata.durable}:{encode_text(metadata.finished or b'')}"


def decode_metadata(text: str | None) -> CommitMetadata:
    """The content of a committed string. Raises `ConfigurationError` if another version or program wrote the string."""
    if not text:
        return CommitMetadata()
    version, *fields = text.split(":")
    if version == _VERSION_WITHOUT_DURABLE:
        fields.insert(1, "0")
    elif version != _VERSION:
        raise ConfigurationError(
            f"the committed offsets carry metadata of version {version[:10]!r}, this process knows {_VERSION!r}: "
            "run the version that wrote them"
        )
    try:
        digest, durable, finished = fields
        return CommitMetadata(digest, decode_text(finished) or None, _read_offset(durable))
    except ValueError as error:
        raise ConfigurationError(f"the committed offsets carry broken metadata: {error}") from error


def _read_offset(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text[:20]!r} is no offset")
    return int(text)
