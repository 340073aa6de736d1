"""A set of keys that may take one for a member by mistake, one in two hundred a full segment, but never misses one.

Bloom filters, one after the other, each larger than the one before (P. Almeida et al., "Scalable Bloom Filters",
Information Processing Letters 101(6), 2007). A key's four bits are in one word of 64 (F. Putze, P. Sanders, J. Singler,
"Cache-, Hash- and Space-Efficient Bloom Filters", ACM Journal of Experimental Algorithmics 14, 2009), as what costs
here are steps of Python. The hash, XXH3 of 64 bits, and the layout are stored data: they may never change.
"""

import sys
from array import array
from collections.abc import Mapping

from xxhash import xxh3_64_intdigest

from chat_tasks.storage.known_conversations import FilterSegment

_BYTES_PER_KEY = 2
_FIRST_CAPACITY = 8_192
_LARGEST_CAPACITY = 524_288


def capacity_of(segment: int) -> int:
    """The keys that the segment of this number, from 0, takes; four times those of the one before, up to a limit."""
    return min(_FIRST_CAPACITY << 2 * segment, _LARGEST_CAPACITY)


class _Segment:
    def __init__(self, capacity: int, keys: int, bits: bytes) -> None:
        self.capacity = capacity
        self.keys = keys
        self.words = _swapped(array("Q", bits))
        self.mask = len(self.words) - 1

    def stored(self) -> FilterSegment:
        return FilterSegment(self.keys, _swapped(self.words[:]).tobytes())


def _swapped(words: "array[int]") -> "array[int]":
    """Stored words begin with their lowest byte."""
    if sys.byteorder == "big":
        words.byteswap()
    return words


class GrowingFilter:
    """Two bytes a key, whatever its length. What it holds depends on nothing but the keys added and their order."""

    def __init__(self, segments: Mapping[int, FilterSegment], keys: int) -> None:
        """Go on from when there were `keys` keys, or some more; what else is in the segments is left out.

        Raises `ValueError` where they lack some of these keys.
        """
        self._segments: list[_Segment] = []
        self.keys = 0
        while self.keys < keys:
            number = len(self._segments)
            capacity = capacity_of(number)
            segment = segments.get(number, FilterSegment(0, b""))
            if segment.keys < min(keys - self.keys, capacity) or len(segment.bits) != capacity * _BYTES_PER_KEY:
                raise ValueError(f"segment {number} has {segment.keys} keys in {len(segment.bits)} bytes")
            self._segments.append(_Segment(capacity, segment.keys, segment.bits))
            self.keys += segment.keys

    def add(self, key: bytes) -> bool:
        """Whether it certainly was not there before."""
        digest = xxh3_64_intdigest(key)
        bits = 1 << (digest & 63) | 1 << (digest >> 6 & 63) | 1 << (digest >> 12 & 63) | 1 << (digest >> 18 & 63)
        place = digest >> 24
        for segment in self._segments:
            if segment.words[place & segment.mask] & bits == bits:
                return False
        if not self._segments or self._segments[-1].keys == self._segments[-1].capacity:
            capacity = capacity_of(len(self._segments))
            self._segments.append(_Segment(capacity, 0, bytes(capacity * _BYTES_PER_KEY)))
        newest = self._segments[-1]
        newest.words[place & newest.mask] |= bits
        newest.keys += 1
        self.keys += 1
        return True

    def segments_since(self, keys: int) -> dict[int, FilterSegment]:
        """Copies of those that differ from when there were so many keys, by number."""
        changed: dict[int, FilterSegment] = {}
        end = 0
        for number, segment in enumerate(self._segments):
            end += segment.keys
            if end > keys:
                changed[number] = segment.stored()
        return changed
