"""Tracks which offsets of one partition were delivered and are not finished."""

from bridge.dispatch.commits.offset_encoding import decode_bitmap, encode_bitmap, largest_encoding

_TRIM_BYTES = 64
_CHEAP_BYTES = 1024
_ENCODING_OVERHEAD = 12


class OffsetTracker:
    """The unfinished offsets of one partition. The lowest is the offset to commit; the others go along as metadata.

    `PartitionProgress` owns the tracker, uses it in the loop's thread, and drops it with itself. Offsets finish in any
    order, each of them once. The tracker is a bitmap: bit `offset - base` is set while the offset is delivered and
    unfinished. So an offset that is never delivered (a transaction's marker, an aborted record) counts as finished.
    Finishing an offset that is not unfinished raises `ValueError`.
    """

    def __init__(self, committed: int, encoded: bytes | None = None) -> None:
        """Resume from a commit: its offset, and the bytes that `encode` made for it.

        Raises `ValueError` if the two disagree.
        """
        self._base = committed & ~7
        bitmap, length = decode_bitmap(encoded) if encoded is not None else (b"", committed - self._base)
        self._bitmap = bytearray(bitmap)
        self._high = self._base + length
        self._resize()
        if self.committable != committed:
            raise ValueError(f"the encoded offsets do not belong to offset {committed}")

    @property
    def high_watermark(self) -> int:
        """The offset after the highest one that this tracker, or its predecessor before the commit, was given."""
        return self._high

    @property
    def committable(self) -> int:
        """The lowest unfinished offset; the high watermark if every offset is finished."""
        remaining = self._bitmap.lstrip(b"\0")
        if not remaining:
            return self._high
        skipped = len(self._bitmap) - len(remaining)
        lowest_bit = (remaining[0] & -remaining[0]).bit_length() - 1
        return self._base + skipped * 8 + lowest_bit

    def deliver(self, offset: int) -> bool:
        """Whether the offset is work to do; False if the commit that the tracker resumed from had it finished."""
        if offset < self._high:
            return self.is_unfinished(offset)
        self._high = offset + 1
        index = offset - self._base
        if index >> 3 >= len(self._bitmap):
            self._resize()
        self._bitmap[index >> 3] |= 1 << (index & 7)
        return True

    def pass_to(self, offset: int) -> bool:
        """Take note that nothing below the offset will be delivered any more; returns False if that is no news."""
        if offset <= self._high:
            return False
        self._high = offset
        self._resize()
        return True

    def is_unfinished(self, offset: int) -> bool:
        """Whether the offset was delivered and is not finished."""
        index = offset - self._base
        return 0 <= index < len(self._bitmap) * 8 and bool(self._bitmap[index >> 3] >> (index & 7) & 1)

    def count(self) -> int:
        """The number of unfinished offsets."""
        return int.from_bytes(self._bitmap, "little").bit_count()

    def unfinished(self, first: int, end: int) -> list[int]:
        """The offsets from `first` to before `end` that were delivered and are not finished."""
        return [offset for offset in range(max(first, self._base), min(end, self._high)) if self.is_unfinished(offset)]

    def finish(self, *offsets: int) -> None:
        """Mark offsets as finished.

        Raises `ValueError` if one of them is not unfinished: finishing twice would be publishing twice.
        """
        for offset in offsets:
            if not self.is_unfinished(offset):
                raise ValueError(f"offset {offset} is not unfinished")
            index = offset - self._base
            self._bitmap[index >> 3] &= ~(1 << (index & 7))

    def encode(self) -> bytes:
        """The bytes that a successor needs besides `committable`."""
        self._trim()
        base = self.committable & ~7
        return encode_bitmap(bytes(self._bitmap[(base - self._base) >> 3 :]), self._high - base)

    def largest_encoding(self) -> int:
        """The most bytes that `encode` returns, whichever unfinished offsets finish next."""
        if len(self._bitmap) <= _CHEAP_BYTES:
            return len(self._bitmap) + _ENCODING_OVERHEAD
        return largest_encoding(bytes(self._bitmap))

    def _resize(self) -> None:
        missing = ((self._high - self._base + 7) >> 3) - len(self._bitmap)
        if missing > 0:
            self._bitmap += bytes(missing)

    def _trim(self) -> None:
        empty = ((self.committable & ~7) - self._base) >> 3
        if empty >= _TRIM_BYTES:
            del self._bitmap[:empty]
            self._base += empty * 8
