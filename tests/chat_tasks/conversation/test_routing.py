"""Where a conversation lives. What is stored depends on it, so it may never change."""

from collections import Counter

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.routing import conversation_hash, partition_of, queue_name, queue_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        # The first three are published with XXH64 itself.
        ("", 0xEF46DB3751D8E999),
        ("a", 0xD24EC4F1A98C6E5B),
        ("abc", 0x44BC2CF5AD770999),
        ("abc123", 0x4F1C85B30AFE42D3),
        ("héllo", 0x3BD06310388EBBE4),
        ("😀", 0x9025B8ABAAE87B80),
        ("conversation-42", 0xED0433E24ABCE624),
    ],
)
def test_the_hash_is_frozen(key: str, hashed: int) -> None:
    assert conversation_hash(key.encode()) == hashed


@pytest.mark.parametrize(
    ("key", "of_12", "of_3", "queue_of_16"),
    [("abc123", 7, 1, 3), ("héllo", 4, 1, 0), ("😀", 8, 2, 11), ("conversation-42", 0, 0, 2)],
)
def test_partition_and_queue_are_frozen(key: str, of_12: int, of_3: int, queue_of_16: int) -> None:
    assert partition_of(key.encode(), 12) == of_12
    assert partition_of(key.encode(), 3) == of_3
    assert queue_of(key.encode(), 16) == queue_of_16


@given(st.binary(), st.integers(1, 1000))
def test_both_are_in_range(key: bytes, count: int) -> None:
    assert 0 <= partition_of(key, count) < count
    assert 0 <= queue_of(key, count) < count


@given(st.binary())
def test_partitions_and_queues_share_no_bit_of_the_hash(key: bytes) -> None:
    assert queue_of(key, 2**32) << 32 | partition_of(key, 2**32) == xxhash.xxh64_intdigest(key, seed=0)


def test_the_conversations_of_one_partition_spread_over_all_queues() -> None:
    keys = [b"conversation-%d" % number for number in range(24_000)]
    spread = Counter((partition_of(key, 12), queue_of(key, 16)) for key in keys)
    assert len(spread) == 12 * 16
    mean = len(keys) / len(spread)
    assert max(spread.values()) < 1.5 * mean
    assert min(spread.values()) > mean / 2


def test_names_of_queues_sort_by_number() -> None:
    names = [queue_name("chat", number) for number in range(64)]
    assert names[:2] == ["chat.00", "chat.01"]
    assert names == sorted(names)
