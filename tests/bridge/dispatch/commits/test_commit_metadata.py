"""The string beside a committed offset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.commits.commit_metadata import (
    LARGEST_ENCODING,
    CommitMetadata,
    decode_metadata,
    digest_of,
    encode_metadata,
)
from bridge.kafka.transaction import LARGEST_METADATA
from chat_tasks.errors import ConfigurationError

LARGEST_OFFSET = 2**63 - 1

generation_maps = st.dictionaries(st.uuids().map(str), st.integers(0, 2**31 - 1), max_size=5)
digests = st.just("") | generation_maps.map(digest_of)


def test_its_form_is_frozen() -> None:
    # A successor of another version has to know it from its own.
    assert encode_metadata(CommitMetadata("0011aabb", b"\x08\x06\x01", 12)) == "2:0011aabb:12:CAYB"


def test_that_of_an_older_version_is_read() -> None:
    assert decode_metadata("1:0011aabb:CAYB") == CommitMetadata("0011aabb", b"\x08\x06\x01", 0)


@pytest.mark.parametrize("text", ["", None])
def test_what_dispatch_never_committed_has_none(text: str | None) -> None:
    assert decode_metadata(text) == CommitMetadata("", None, 0)


@given(digests, st.none() | st.binary(min_size=1), st.integers(0, LARGEST_OFFSET))
def test_any_metadata_is_read_as_it_was_written(digest: str, finished: bytes | None, durable: int) -> None:
    metadata = CommitMetadata(digest, finished, durable)
    assert decode_metadata(encode_metadata(metadata)) == metadata


def test_the_largest_encoding_fits_into_what_the_broker_takes() -> None:
    digest = digest_of({"host": 1_700_000_000})
    largest = encode_metadata(CommitMetadata(digest, bytes(LARGEST_ENCODING), LARGEST_OFFSET))
    assert LARGEST_METADATA - 64 < len(largest) <= LARGEST_METADATA


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("3:0011aabb:12:CAYB", "metadata of version '3', this process knows '2'"),
        ("another program's", "metadata of version 'another pr', this process knows '2'"),
        ("2:0011aabb:CAYB", "broken metadata"),
        ("2:0011aabb:12:?", "broken metadata"),
        ("2:0011aabb:12:CAYB:more", "broken metadata"),
        ("2:0011aabb:12:ä", "broken metadata"),
        ("2:0011aabb:-12:CAYB", "broken metadata: '-12' is no offset"),
        ("1:0011aabb", "broken metadata"),
    ],
)
def test_other_metadata_is_told_from_ours(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        decode_metadata(text)


@given(st.text() | st.text().map("1:0011aabb:{}".format) | st.text().map("2:0011aabb:{}".format))
def test_any_text_is_metadata_or_a_clear_error(text: str) -> None:
    try:
        metadata = decode_metadata(text)
    except ConfigurationError:
        return
    assert decode_metadata(encode_metadata(metadata)) == metadata


@given(generation_maps)
def test_the_digest_of_the_same_nodes_is_the_same(generations: dict[str, int]) -> None:
    digest = digest_of(generations)
    assert digest_of(dict(reversed(generations.items()))) == digest
    assert len(digest) == 8
    assert ":" not in digest


@given(generation_maps.filter(bool), st.data())
def test_a_node_that_started_again_gives_another_digest(generations: dict[str, int], data: st.DataObject) -> None:
    host = data.draw(st.sampled_from(sorted(generations)))
    assert digest_of({**generations, host: generations[host] + 1}) != digest_of(generations)


def test_a_node_more_gives_another_digest() -> None:
    assert digest_of({"one": 1}) != digest_of({"one": 1, "two": 1})
