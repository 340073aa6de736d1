"""Which offsets of one partition were delivered and are not finished."""

from bridge.dispatch.commits.offset_encoding import decode_bitmap, encode_bitmap, largest_encoding

_TRIM_BYTES = 64
_CHEAP_BYTES = 1024
_ENCODING_OVERHEAD = 12


class OffsetTracker:
    """Offsets finish in any order; the lowest unfinished one is the offset to commit, the rest goes along as metadata.

    Kept as a bitmap: bit `offset - base` is set while the offset is delivered and unfinished. An offset that is never
    delivered (a transaction's marker, an aborted record) therefore counts as finished.
    """

    def __init__(self, committed: int, encoded: bytes | None = None) -> None:
        """Resume from a commit: its offset, and what `encode` had made then. Raises `ValueError` if they disagree."""
        self._base = committed & ~7
        bitmap, length = decode_bitmap(encoded) if encoded is not None else (b"", committed - self._base)
        self._bitmap = bytearray(bitmap)
        self._high = self._base + length
        self._resize()
        if self.committable != committed:
            raise ValueError(f"the encoded offsets do not belong to offset {committed}")

    @property
    def high_watermark(self) -> int:
        """One past the highest offset delivered, by this tracker or before the commit it resumed from."""
        return self._high

    @property
    def committable(self) -> int:
        """The lowest unfinished offset; the high watermark where there is none."""
        remaining = self._bitmap.lstrip(b"\0")
        if not remaining:
            return self._high
        skipped = len(self._bitmap) - len(remaining)
        lowest_bit = (remaining[0] & -remaining[0]).bit_length() - 1
        return self._base + skipped * 8 + lowest_bit

    def deliver(self, offset: int) -> bool:
        """Whether the offset is work to do; False where it was finished before the commit this resumed from."""
        if offset < self._high:
            return self.is_unfinished(offset)
        self._high = offset + 1
        index = offset - self._base
        if index >> 3 >= len(self._bitmap):
            self._resize()
        self._bitmap[index >> 3] |= 1 << (index & 7)
        return True

    def is_unfinished(self, offset: int) -> bool:
        """Whether the offset was delivered and is not finished."""
        index = offset - self._base
        return 0 <= index < len(self._bitmap) * 8 and bool(self._bitmap[index >> 3] >> (index & 7) & 1)

    def finish(self, *offsets: int) -> None:
        """Raises `ValueError` where one of them is not unfinished: finishing twice is publishing twice."""
        for offset in offsets:
            if not self.is_unfinished(offset):
                raise ValueError(f"offset {offset} is not unfinished")
            index = offset - self._base
            self._bitmap[index >> 3] &= ~(1 << (index & 7))

    def encode(self) -> bytes:
        """What a successor needs besides `committable`."""
        self._trim()
        base = self.committable & ~7
        return encode_bitmap(bytes(self._bitmap[(base - self._base) >> 3 :]), self._high - base)

    def largest_encoding(self) -> int:
        """Bytes that `encode` returns at most, whichever unfinished offsets finish next."""
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
