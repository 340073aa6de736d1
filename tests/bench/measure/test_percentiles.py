"""No percentile that chance decides."""

from bench.measure.percentiles import Percentiles


def test_a_percentile_has_values_beyond_it() -> None:
    found = Percentiles.of(range(501))
    assert (found.p50, found.p90, found.p99, found.highest) == (250, 450, 495, 500)


def test_few_values_have_a_median_only() -> None:
    found = Percentiles.of(range(25))
    assert (found.p50, found.p90, found.p99, found.highest) == (12, None, None, 24)
