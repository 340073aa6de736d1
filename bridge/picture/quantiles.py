"""Quantiles of a histogram, as Prometheus' `histogram_quantile` computes them."""

import math
from collections.abc import Mapping


def quantile(share: float, buckets: Mapping[float, float]) -> float | None:
    """The value below which this share of the observations lies, or None if there are none.

    `buckets` has the number of observations up to each upper bound, the infinite one too. Within a bucket the
    observations are taken to be spread evenly. Beyond the largest finite bound that bound is the answer.
    """
    bounds = sorted(buckets)
    if not bounds or buckets[bounds[-1]] <= 0:
        return None
    rank = share * buckets[bounds[-1]]
    lower, below = 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= rank and count > below:
            return lower if math.isinf(bound) else lower + (bound - lower) * (rank - below) / (count - below)
        if not math.isinf(bound):
            lower = bound
        below = count
    return lower
