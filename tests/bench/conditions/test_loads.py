"""What the contestants are given: unique messages, distributed as the load says, the same ones every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.conditions.loads import LOADS, Load, index_of

counts = st.integers(0, 300)
loads = st.sampled_from(sorted(LOADS.values(), key=lambda load: load.name))


@given(loads, counts, counts, st.integers())
def test_bodies_are_unique_carry_their_index_and_have_the_size(load: Load, first: int, count: int, seed: int) -> None:
    messages = load.messages(count, seed=seed, first=first)
    assert [index_of(message.body) for message in messages] == list(range(first, first + count))
    assert {len(message.body.encode()) for message in messages} <= {load.body_bytes}


@given(loads, counts, counts, st.integers())
def test_the_same_seed_gives_the_same_messages(load: Load, first: int, count: int, seed: int) -> None:
    assert load.messages(count, seed=seed, first=first) == load.messages(count, seed=seed, first=first)


def test_new_conversations_are_new() -> None:
    load = LOADS["new"]
    messages = [*load.messages(500, seed=1), *load.messages(500, seed=1, first=500)]
    assert len({message.conversationKey for message in messages}) == 1000


@pytest.mark.parametrize(("name", "conversations"), [("one", 1), ("50", 50)])
def test_there_are_as_many_conversations_as_the_load_says(name: str, conversations: int) -> None:
    messages = LOADS[name].messages(2000, seed=1)
    assert len({message.conversationKey for message in messages}) == conversations


def test_zipf_gives_the_first_conversation_twice_the_messages_of_the_second() -> None:
    messages = Load("skewed", "", conversations=1000, skew=1.0).messages(100_000, seed=1)
    keys = [message.conversationKey for message in messages]
    assert keys.count("skewed-0") == pytest.approx(2 * keys.count("skewed-1"), rel=0.1)
    assert keys.count("skewed-0") == pytest.approx(100 * keys.count("skewed-99"), rel=0.5)
