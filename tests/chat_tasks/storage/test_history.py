"""The size of a block, known while it grows."""

from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.storage.history import chatter_size
from chat_tasks.wire import Chatter, encode_block
from tests.chat_tasks.texts import texts


@given(texts, st.lists(st.tuples(texts, texts, st.integers(0, 2**63 - 1)), min_size=1, max_size=5))
def test_sizes_of_messages_add_up_to_the_block(key: str, chatter: list[Chatter]) -> None:
    commas = len(chatter) - 1
    empty = len(encode_block(key, []))
    assert empty + commas + sum(chatter_size(one) - 1 for one in chatter) == len(encode_block(key, chatter))
