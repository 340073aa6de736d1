"""Sizes as Cassandra shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.storage.thresholds import parse_size


@pytest.mark.parametrize(
    ("shown", "size"), [("5KiB", 5_120), ("50KiB", 51_200), ("1MiB", 1_048_576), ("7B", 7), ("5", 5)]
)
def test_sizes_have_units(shown: str, size: int) -> None:
    assert parse_size(shown) == size


@pytest.mark.parametrize("shown", ["null", ""])
def test_no_threshold_is_above_everything(shown: str) -> None:
    assert parse_size(shown) > 16 * 1024**2


@given(st.integers(0, 2**20), st.sampled_from(["B", "KiB", "MiB", "GiB"]))
def test_each_unit_is_1024_of_the_one_before(count: int, unit: str) -> None:
    assert parse_size(f"{count}{unit}") == count * 1024 ** ["B", "KiB", "MiB", "GiB"].index(unit)


@pytest.mark.parametrize("shown", ["KiB", "five", "5 moons"])
def test_what_is_not_a_size_is_not_guessed(shown: str) -> None:
    with pytest.raises(ValueError, match="could not"):
        parse_size(shown)
