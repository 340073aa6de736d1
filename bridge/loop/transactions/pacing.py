"""The pace of transactions: how long after the begin of one transaction the next one may begin."""

from bridge.kafka.transaction import OUTPUTS_PER_TRANSACTION

_SHORTEST_SECONDS = 0.025
_SECONDS_PER_OUTPUT = 0.00025
_LONGEST_FOR_OUTPUTS = 0.1
_LARGEST_SHARE = 0.5
_LONGEST_SECONDS = 0.5


def pause_after(outputs: int, took: float, *, is_full: bool = False) -> float:
    """Seconds from the begin of one transaction to the begin of the next; the first one took `took` seconds.

    A transaction costs the broker and this process as much for one record as for many. So the more outputs there are,
    the longer the next transaction waits for more, up to 100 ms. Below four thousand outputs a second this wait is 25
    ms.

    Transactions that take long are a sign of busy processors, and transactions are the most likely cause. So
    transactions take half of the time at most, up to a wait of half a second, and the next one carries more. A full
    transaction is exempt from this share: one with as many outputs, or as many bytes (`is_full`), as it may have.
    """
    for_outputs = min(_LONGEST_FOR_OUTPUTS, outputs * _SECONDS_PER_OUTPUT)
    is_full = is_full or outputs >= OUTPUTS_PER_TRANSACTION
    for_others = 0.0 if is_full else min(_LONGEST_SECONDS, took / _LARGEST_SHARE)
    return max(_SHORTEST_SECONDS, for_outputs, for_others)
