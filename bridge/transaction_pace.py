"""How long after one transaction the next one begins."""

_SHORTEST_SECONDS = 0.025
_LONGEST_SECONDS = 0.1
_SECONDS_PER_OUTPUT = 0.00025


def pause_after(outputs: int) -> float:
    """Seconds from the begin of a transaction with that many outputs to the next one's.

    The broker's and our own cost of a transaction is the same for one record and for many: the more there is to
    publish, the longer the next one waits for more. Below four thousand a second nobody waits for longer than 25 ms.
    """
    return min(_LONGEST_SECONDS, max(_SHORTEST_SECONDS, outputs * _SECONDS_PER_OUTPUT))
