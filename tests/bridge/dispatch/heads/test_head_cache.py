"""A bounded memory of heads."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bridge.dispatch.heads.head_cache import HeadCache

KEYS = st.integers(0, 6).map("conversation {}".format)


def test_a_head_is_remembered() -> None:
    heads = HeadCache(capacity=10)
    assert heads.get("abc123") is None
    heads.put("abc123", 0)
    assert heads.get("abc123") == 0
    heads.put("abc123", 7)
    assert heads.get("abc123") == 7


def test_a_forgotten_head_is_read_anew() -> None:
    heads = HeadCache(capacity=10)
    heads.put("abc123", 7)
    heads.forget("abc123")
    heads.forget("never known")
    assert heads.get("abc123") is None


@pytest.mark.parametrize("capacity", [2, 3, 10, 1000])
def test_the_newest_half_of_many_is_kept(capacity: int) -> None:
    heads = HeadCache(capacity)
    for number in range(5000):
        heads.put(str(number), number)
        assert len(heads._young.keys() | heads._old.keys()) <= capacity
    assert all(heads.get(str(number)) == number for number in range(5000 - capacity // 2, 5000))


def test_a_head_in_use_stays_however_many_others_come() -> None:
    heads = HeadCache(capacity=10)
    heads.put("in use", 7)
    for number in range(1000):
        heads.put(str(number), number)
        assert heads.get("in use") == 7


class RememberedHeads(RuleBasedStateMachine):
    """Against a dictionary in the order of last use, where a forgotten head is None."""

    @initialize(capacity=st.integers(2, 8))
    def start(self, capacity: int) -> None:
        self.capacity = capacity
        self.heads = HeadCache(capacity)
        self.by_use: dict[str, int | None] = {}

    def use(self, key: str, head: int) -> None:
        self.by_use.pop(key, None)
        self.by_use[key] = head

    @rule(key=KEYS, head=st.integers(-1, 5))
    def put(self, key: str, head: int) -> None:
        self.heads.put(key, head)
        self.use(key, head)

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        head = self.heads.get(key)
        if head is not None:
            assert head == self.by_use[key]
            self.use(key, head)
        elif key in list(self.by_use)[-(self.capacity // 2) :]:
            assert self.by_use[key] is None

    @rule(key=KEYS)
    def forget(self, key: str) -> None:
        self.heads.forget(key)
        if key in self.by_use:
            self.by_use[key] = None

    @invariant()
    def it_stays_within_its_capacity(self) -> None:
        assert len(self.heads._young.keys() | self.heads._old.keys()) <= self.capacity


TestRememberedHeads = RememberedHeads.TestCase
