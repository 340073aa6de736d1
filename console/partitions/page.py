"""The JSON of the page of partitions."""

from pydantic import BaseModel

from bridge.dispatch.commits.commit_metadata import LARGEST_ENCODING, decode_metadata
from bridge.dispatch.commits.offset_encoding import decode_bitmap
from bridge.picture.sight import Sight
from bridge.picture.sources.positions import Position
from chat_tasks.errors import ConfigurationError

_MOST_CELLS = 200


class PartitionView(BaseModel):
    """A partition that a group reads. All but `waiting` and the shares are offsets.

    `strip` are the offsets that were delivered since about `committed`, cut into equal pieces, and of each piece the
    share that is finished; it is empty if nothing above `committed` is finished. `broken` says what is wrong with the
    committed metadata.
    """

    topic: str
    partition: int
    owner: str | None
    start: int
    committed: int | None
    end: int
    waiting: int
    strip: list[float]
    metadata_used: float
    broken: str | None = None


def partitions_view(sight: Sight) -> list[PartitionView]:
    """The partitions, by topic and number."""
    owners = {
        (dict(labels).get("topic"), dict(labels).get("partition")): process.identity.name
        for kind in ("ingest", "dispatch")
        for process, labels, _ in sight.samples("chat_tasks_lag_records", kind)
    }
    return [_view(one, owners.get((one.topic, str(one.partition)))) for one in sight.positions.value or []]


def _view(one: Position, owner: str | None) -> PartitionView:
    strip: list[float] = []
    used, broken = 0.0, None
    try:
        finished = decode_metadata(one.metadata).finished
        if finished is not None:
            used = len(finished) / LARGEST_ENCODING
            strip = pieces(*decode_bitmap(finished))
    except (ConfigurationError, ValueError) as error:
        broken = str(error)
    return PartitionView(
        topic=one.topic,
        partition=one.partition,
        owner=owner,
        start=one.start,
        committed=one.committed,
        end=one.end,
        waiting=one.waiting,
        strip=strip,
        metadata_used=used,
        broken=broken,
    )


def pieces(bitmap: bytes, length: int) -> list[float]:
    """The first `length` bits of a bitmap, cut into at most 200 equal pieces: of each, the share of bits not set.

    A bit is set while its offset is not finished.
    """
    width = -(-length // _MOST_CELLS) or 1
    finished = [1 - (bitmap[offset // 8] >> (offset % 8) & 1) for offset in range(length)]
    return [
        sum(finished[start : start + width]) / len(finished[start : start + width]) for start in range(0, length, width)
    ]
