"""What a seal lets through, and what it says of everything else."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.errors import NotOurs
from chat_tasks.formats.seal import Seal

LOG_ID = "00000000-0000-0000-0000-000000000001"
OTHER_LOG_ID = "00000000-0000-0000-0000-000000000002"
SEAL = Seal("chat", LOG_ID, [b"a key"])
QUEUE = "chat.00"


@given(st.binary())
def test_what_was_sealed_comes_out_as_it_was(body: bytes) -> None:
    assert SEAL.open(QUEUE, SEAL.close(QUEUE, body)) == body


def test_a_sealed_body_as_bytes() -> None:
    sealed = SEAL.close(QUEUE, b'{"version":2}')
    signed = b"chat 00000000-0000-0000-0000-000000000001\n" + b'{"version":2}'
    assert sealed == hmac.digest(b"a key", b"chat.00\n" + signed, "sha256").hex().encode() + signed


@given(st.binary(), st.data())
def test_no_byte_can_be_changed(body: bytes, data: st.DataObject) -> None:
    sealed = bytearray(SEAL.close(QUEUE, body))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotOurs):
        SEAL.open(QUEUE, bytes(sealed))


@given(st.binary() | st.none() | st.text() | st.lists(st.integers()))
def test_what_was_never_sealed_is_not_signed(found: object) -> None:
    with pytest.raises(NotOurs, match="it is not signed"):
        SEAL.open(QUEUE, found)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Seal("chat", LOG_ID, [b"another key"]), "with another key, or for another queue or list"),
        (Seal("chat_2", LOG_ID, [b"another key"]), f"of keyspace chat_2 and log {LOG_ID}"),
        (Seal("chat_2", LOG_ID, [b"a key"]), f"of keyspace chat_2 and log {LOG_ID}"),
        (Seal("chat", OTHER_LOG_ID, [b"a key"]), f"of keyspace chat and log {OTHER_LOG_ID}"),
    ],
)
def test_others_can_neither_seal_nor_open(other: Seal, reason: str) -> None:
    with pytest.raises(NotOurs, match=reason):
        SEAL.open(QUEUE, other.close(QUEUE, b"{}"))
    with pytest.raises(NotOurs):
        other.open(QUEUE, SEAL.close(QUEUE, b"{}"))


@pytest.mark.parametrize("place", ["chat.01", "chat.0", "", f"{QUEUE}\n"])
def test_it_holds_at_one_place_only(place: str) -> None:
    with pytest.raises(NotOurs, match="for another queue or list"):
        SEAL.open(place, SEAL.close(QUEUE, b"{}"))


def test_keys_change_one_process_after_the_other() -> None:
    old, both, new = (Seal("chat", LOG_ID, keys) for keys in ([b"old"], [b"new", b"old"], [b"new"]))
    for sender in (old, both, new):
        assert both.open(QUEUE, sender.close(QUEUE, b"{}")) == b"{}"
    assert new.open(QUEUE, both.close(QUEUE, b"{}")) == b"{}"
    with pytest.raises(NotOurs):
        old.open(QUEUE, both.close(QUEUE, b"{}"))


def test_no_key_is_shown() -> None:
    assert "a key" not in f"{SEAL!r} {SEAL}"
