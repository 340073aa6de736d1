"""A set of offsets in a few bytes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.dispatch.commits.offset_encoding import (
    decode_bitmap,
    decode_text,
    encode_bitmap,
    encode_text,
    largest_encoding,
)

runs = st.tuples(st.sampled_from([b"\x00", b"\xff", b"\x01", b"\x5a"]), st.integers(1, 80)).map(
    lambda run: run[0] * run[1]
)
bitmaps = st.lists(runs | st.binary(max_size=40), max_size=12).map(b"".join)


def test_no_offsets() -> None:
    assert encode_bitmap(b"", 0) == b"\x00"


def test_a_lone_straggler_far_below_the_rest_costs_a_few_bytes() -> None:
    bitmap = b"\x01" + bytes(100_000) + b"\x80"
    assert len(encode_bitmap(bitmap, len(bitmap) * 8)) <= 12


def test_a_thousand_neighbours_cost_a_few_bytes() -> None:
    assert len(encode_bitmap(b"\xff" * 125, 1000)) <= 5


@given(bitmaps, st.integers(0, 7))
def test_any_set_is_read_as_it_was_written(bitmap: bytes, unused: int) -> None:
    length = max(0, len(bitmap) * 8 - unused)
    assert decode_bitmap(encode_bitmap(bitmap, length)) == (bitmap, length)


@given(bitmaps)
def test_it_costs_hardly_more_than_a_bit_an_offset(bitmap: bytes) -> None:
    assert len(encode_bitmap(bitmap, len(bitmap) * 8)) <= len(bitmap) + 5


@given(bitmaps, st.data())
@example(b"\x01" + bytes(600_000) + b"\x01", None)
def test_whichever_offsets_finish_next_the_bound_holds(bitmap: bytes, data: st.DataObject | None) -> None:
    bound = largest_encoding(bitmap)
    assert len(encode_bitmap(bitmap, len(bitmap) * 8)) <= bound
    if data is None:
        return
    cleared = bytearray(bitmap)
    for start, length, kept in data.draw(
        st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60), st.sampled_from([0x00, 0x01, 0x5A])), max_size=6)
    ):
        for index in range(start, min(start + length, len(cleared))):
            cleared[index] &= kept
        assert len(encode_bitmap(bytes(cleared), len(cleared) * 8)) <= bound


def test_the_bound_does_not_count_what_a_run_saves() -> None:
    assert largest_encoding(b"\x01" + bytes(100_000) + b"\x80") <= 30


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "end within a number"),
        (b"\x80", "end within a number"),
        (b"\x08\x06", "end within a literal"),
        (b"\x08\x07", "unknown kind 3"),
        (b"\x08", "0 bytes for 8 offsets"),
        (b"\x10\x05", "1 bytes for 16 offsets"),
        (b"\x08\xfd\xff\xff\xff\xff\xff\xff\xff\x7f", "more than 1 bytes for 8 offsets"),
    ],
)
def test_broken_bytes_are_not_guessed_at(encoded: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_bitmap(encoded)


@given(st.binary(max_size=2), st.binary())
def test_any_bytes_are_a_set_or_are_broken(length: bytes, rest: bytes) -> None:
    try:
        bitmap, offsets = decode_bitmap(length + rest)
    except ValueError:
        return
    assert decode_bitmap(encode_bitmap(bitmap, offsets)) == (bitmap, offsets)


@given(st.binary())
def test_any_bytes_can_be_text(encoded: bytes) -> None:
    text = encode_text(encoded)
    assert text.isascii()
    assert text.isprintable()
    assert decode_text(text) == encoded


@pytest.mark.parametrize("text", ["a", "ab=c", "äöü=", "a b="])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|ASCII|padding|padded"):
        decode_text(text)
