"""The bytes that decide on which nodes a row lives, as the driver computes them for a statement."""

from cassandra.query import SimpleStatement
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.storage.replica_sets import routing_key


@given(st.text(min_size=1), st.integers(0, 2**31 - 1))
def test_the_key_of_a_row_is_the_drivers(conversation_key: str, bucket: int) -> None:
    statement = SimpleStatement("")
    statement.routing_key = [conversation_key.encode(), bucket.to_bytes(4, "big")]
    assert routing_key(conversation_key, bucket) == statement.routing_key
