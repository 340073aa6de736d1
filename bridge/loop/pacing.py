"""How long after one transaction has begun the next one may."""

from bridge.kafka.transaction import OUTPUTS_PER_TRANSACTION

_SHORTEST_SECONDS = 0.025
_SECONDS_PER_OUTPUT = 0.00025
_LONGEST_FOR_OUTPUTS = 0.1
_LARGEST_SHARE = 0.5
_LONGEST_SECONDS = 0.5


def pause_after(outputs: int, took: float) -> float:
    """Seconds from the begin of a transaction with that many outputs, which took that long, to the begin of the next.

    The broker's and our own cost of a transaction is the same for one record and for many: the more there is to
    publish, the longer the next one waits for more, up to 100 ms. Below four thousand a second nobody waits for longer
    than 25 ms. Where transactions take long the processors are busy, with transactions most likely: then, up to half a
    second, there is one half of the time at most, and it has more to carry, unless it was full.
    """
    for_outputs = min(_LONGEST_FOR_OUTPUTS, outputs * _SECONDS_PER_OUTPUT)
    for_others = 0.0 if outputs >= OUTPUTS_PER_TRANSACTION else min(_LONGEST_SECONDS, took / _LARGEST_SHARE)
    return max(_SHORTEST_SECONDS, for_outputs, for_others)
