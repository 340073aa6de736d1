"""What counts as warm."""

import pytest

from bench.measure.warm_up import are_warm


@pytest.mark.parametrize(
    "costs",
    [
        pytest.param([], id="nothing ran"),
        pytest.param([60, 60], id="two runs alike may both be cold"),
        pytest.param([130, 80, 60], id="cheaper each time"),
        pytest.param([130, 60, 130, 49], id="cheaper than ever, a disturbed run in between"),
    ],
)
def test_not_warm_while_a_message_becomes_cheaper(costs: list[float]) -> None:
    assert not are_warm(costs)


@pytest.mark.parametrize("costs", [[130, 60, 58, 55], [130, 60, 90, 70], [60, 60, 60]])
def test_warm_when_two_runs_have_brought_no_gain(costs: list[float]) -> None:
    assert are_warm(costs)
