import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.picture.quantiles import quantile

BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, math.inf]


def histogram(values: list[float]) -> dict[float, float]:
    return {bound: sum(value <= bound for value in values) for bound in BOUNDS}


def test_half_of_ten_observations_in_one_bucket_lie_below_its_middle() -> None:
    assert quantile(0.5, histogram([0.06] * 10)) == pytest.approx(0.075)


def test_observations_beyond_all_bounds_are_as_large_as_the_largest_bound() -> None:
    assert quantile(0.99, histogram([30.0] * 10)) == 1.0


def test_no_observation_has_no_quantile() -> None:
    assert quantile(0.5, histogram([])) is None
    assert quantile(0.5, {}) is None


@given(st.lists(st.floats(0.0, 2.0), min_size=1), st.floats(0.01, 1.0))
def test_a_quantile_lies_in_the_bucket_of_the_observation_that_has_its_rank(values: list[float], share: float) -> None:
    found = quantile(share, histogram(values))
    rank = max(1, math.ceil(share * len(values) - 1e-9))
    true = sorted(values)[rank - 1]
    upper = next(bound for bound in BOUNDS if true <= bound)
    lower = max((bound for bound in BOUNDS if bound < true), default=0.0)
    assert found is not None
    assert lower - 1e-9 <= found <= min(upper, 1.0) + 1e-9
