"""A small run of `make fuzz`."""

import pytest

from tests.bridge.fuzz import fuzz


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_is_accepted_or_refused(seed: int) -> None:
    outcomes = fuzz(3_000, seed)
    assert outcomes["message accepted"] > 100
    assert outcomes["request accepted"] > 100
    assert sum(number for outcome, number in outcomes.items() if "refused" in outcome) > 500
