"""Encodes a set of unfinished offsets in a few hundred bytes, for the metadata of a commit.

The set is a bitmap with one bit for each offset, cut into runs of equal bytes and literal bytes as in G. Antoshenkov,
"Byte-aligned Bitmap Compression", DCC 1995. A dense region costs at most one bit for each offset. A lone straggler far
below the others costs a few bytes.
"""

import re
from base64 import b64decode, b64encode

_ZEROS, _ONES, _LITERAL = 0, 1, 2
# A run costs up to three bytes, and so may the literal after it: a shorter run is cheaper as part of a literal.
_SHORTEST_RUN = 6
_TOKENS = re.compile(rb"(\x00{%d,})|(\xff{%d,})" % (_SHORTEST_RUN, _SHORTEST_RUN))
_SEGMENTS = re.compile(rb"[^\x00](?:\x00{0,%d}[^\x00])*" % (_SHORTEST_RUN - 1), re.DOTALL)
_TOKEN_BYTES = 3


def encode_bitmap(bitmap: bytes, length: int) -> bytes:
    """Encode the first `length` bits of a bitmap; the rest of its last byte has no meaning."""
    encoded = bytearray(_varint(length))
    end = 0
    for match in _TOKENS.finditer(bitmap):
        _add_literal(encoded, bitmap[end : match.start()])
        kind = _ZEROS if match.group(1) else _ONES
        encoded += _varint((match.end() - match.start()) << 2 | kind)
        end = match.end()
    _add_literal(encoded, bitmap[end:])
    return bytes(encoded)


def decode_bitmap(encoded: bytes) -> tuple[bytes, int]:
    """The inverse of `encode_bitmap`. Raises `ValueError` on bytes that `encode_bitmap` did not make."""
    length, position = _read_varint(encoded, 0)
    size = (length + 7) // 8
    bitmap = bytearray()
    while position < len(encoded):
        token, position = _read_varint(encoded, position)
        count, kind = token >> 2, token & 3
        # Checked before the bytes are made: a broken count may ask for more memory than there is.
        if len(bitmap) + count > size:
            raise ValueError(f"more than {size} bytes for {length} offsets")
        if kind == _LITERAL:
            literal = encoded[position : position + count]
            if len(literal) != count:
                raise ValueError("the encoded offsets end within a literal")
            bitmap += literal
            position += count
        elif kind in {_ZEROS, _ONES}:
            bitmap += (b"\xff" if kind == _ONES else b"\x00") * count
        else:
            raise ValueError(f"unknown kind {kind} in the encoded offsets")
    if len(bitmap) != size:
        raise ValueError(f"{len(bitmap)} bytes for {length} offsets")
    return bytes(bitmap), length


def largest_encoding(bitmap: bytes) -> int:
    """The most bytes that `encode_bitmap` needs, whichever of the set bits are cleared before the call."""
    segments = [match.end() - match.start() for match in _SEGMENTS.finditer(bitmap)]
    # At either end, zeros that are too few for a run are part of a literal.
    ends = 2 * (_TOKEN_BYTES + _SHORTEST_RUN - 1)
    return ends + sum(segment + 2 * _TOKEN_BYTES for segment in segments)


def encode_text(encoded: bytes) -> str:
    """The bytes as printable characters, because metadata is a string."""
    return b64encode(encoded).decode()


def decode_text(text: str) -> bytes:
    """The inverse of `encode_text`. Raises `ValueError`."""
    return b64decode(text, validate=True)


def _add_literal(encoded: bytearray, literal: bytes) -> None:
    if literal:
        encoded += _varint(len(literal) << 2 | _LITERAL)
        encoded += literal


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(encoded: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(encoded):
            raise ValueError("the encoded offsets end within a number")
        byte = encoded[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
