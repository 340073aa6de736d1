"""Whose turn it is, and where a message's time went."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from bench.turns.hops import HOPS, Stamps, budget
from bench.turns.variants import TURN_SECONDS, VARIANTS, turn_at


@given(st.floats(0, 2**32), st.permutations(list(VARIANTS)))
def test_each_variant_has_its_turn_after_the_one_before(now: float, variants: list[str]) -> None:
    name, lasted = turn_at(now, variants)
    assert 0 <= lasted < TURN_SECONDS
    following, _ = turn_at(now - lasted + 1.5 * TURN_SECONDS, variants)
    assert variants.index(following) == (variants.index(name) + 1) % len(variants)


def test_every_variant_replaces_what_there_is() -> None:
    for patches in VARIANTS.values():
        for owner, name, value in patches:
            assert callable(getattr(owner, name))
            assert getattr(owner, name) is not value


def test_a_budget_adds_up_to_the_latency() -> None:
    stamps = [(hop, 5, 10.0 + number) for number, hop in enumerate(HOPS)]
    again = [("answered", 5, 99.0)]
    found = budget({5: 9.5}, stamps + again)
    assert [found[hop] for hop in HOPS] == [[0.5], *[[1.0]] * (len(HOPS) - 1)]


def test_a_message_that_was_not_stamped_everywhere_is_left_out() -> None:
    assert not any(budget({5: 9.5}, [("read", 5, 10.0)]).values())


def test_stamps_tell_every_message_in_a_value() -> None:
    stamps = Stamps()
    task = SimpleNamespace(body=b'[{"body":"0000000a xyz"},{"body":"0000000b xyz"},{"body":"no index"}]')
    stamps.put("task sent", [task.body, None])
    assert [(hop, index) for hop, index, _ in stamps.take()] == [("task sent", 10), ("task sent", 11)]
    assert stamps.take() == []
