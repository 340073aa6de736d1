"""The string that goes with a committed offset: `version:generations:durable:finished offsets`.

`generations` is a digest of the Cassandra nodes' start times under which everything before the offset was written, or
written again: where it differs from today's, a successor first writes again all that is not `durable`. What is, the log
does not have any more, as a rule; but a broker that is killed forgets the purges of its last minute.
"""

from dataclasses import dataclass
from hashlib import blake2b

from bridge.dispatch.commits.offset_encoding import decode_text, encode_text
from bridge.kafka.transaction import LARGEST_METADATA
from chat_tasks.errors import ConfigurationError
from chat_tasks.formats.tasks import Generations

_VERSION = "2"
_VERSION_WITHOUT_DURABLE = "1"

# Bytes of encoded offsets that fit beside the rest.
LARGEST_ENCODING = (LARGEST_METADATA - 32) // 4 * 3


@dataclass(frozen=True, slots=True)
class CommitMetadata:
    """`digest` is empty and `finished` None where nothing was ever committed by dispatch.

    No Cassandra node can forget a row of what lies before the offset `durable`, but for those of dead letters.
    """

    digest: str = ""
    finished: bytes | None = None
    durable: int = 0


def digest_of(generations: Generations) -> str:
    """Eight characters that differ where any node's generation does."""
    text = ",".join(f"{host}={generation}" for host, generation in sorted(generations.items()))
    return blake2b(text.encode(), digest_size=4).hexdigest()


def encode_metadata(metadata: CommitMetadata) -> str:
    """The string to commit."""
    return f"{_VERSION}:{metadata.digest}:{metadata.durable}:{encode_text(metadata.finished or b'')}"


def decode_metadata(text: str | None) -> CommitMetadata:
    """Raises `ConfigurationError` on a string of another version or of another program."""
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
