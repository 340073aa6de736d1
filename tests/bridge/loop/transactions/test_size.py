"""The size of transactions against a broker that lets so many bytes a second through."""

from hypothesis import example, given
from hypothesis import strategies as st

from bridge.kafka.transaction import LARGEST_TRANSACTION
from bridge.loop.transactions.size import TransactionSize

RATES = st.floats(1e3, 1e9)


def test_it_grows_while_full_transactions_are_quick() -> None:
    size = TransactionSize()
    for _ in range(50):
        size.committed(size.bytes, 0.05, is_throttled=False)
    assert size.bytes == LARGEST_TRANSACTION


def test_small_transactions_say_nothing_of_large_ones() -> None:
    size = TransactionSize()
    first = size.bytes
    for _ in range(50):
        size.committed(first // 3, 0.05, is_throttled=False)
    assert size.bytes == first


def test_it_is_halved_after_what_was_slow_or_failed_late() -> None:
    size = TransactionSize()
    size.bytes = 1_000_000
    size.committed(800_000, 4.0, is_throttled=False)
    assert size.bytes == 400_000
    size.failed(400_000, 10.0, is_throttled=False)
    assert size.bytes == 200_000


def test_what_fails_at_once_says_nothing_of_its_size() -> None:
    size = TransactionSize()
    size.bytes = 1_000_000
    size.failed(800_000, 0.01, is_throttled=False)
    assert size.bytes == 1_000_000


def test_a_small_transaction_that_is_slow_is_slow_for_another_reason_unless_there_is_a_quota() -> None:
    size = TransactionSize()
    size.committed(1_000, 9.0, is_throttled=False)
    assert size.bytes == TransactionSize().bytes
    size.committed(0, 9.0, is_throttled=True)
    assert size.bytes == TransactionSize().bytes
    size.committed(1_000, 9.0, is_throttled=True)
    assert size.bytes == 500
    size.committed(600, 9.0, is_throttled=False)
    assert size.bytes == 500


@given(rate=RATES, overhead=st.floats(0, 0.2))
def test_on_a_narrow_road_it_settles_at_what_takes_a_few_seconds(rate: float, overhead: float) -> None:
    size, took = TransactionSize(), 0.0
    for _ in range(60):
        took = overhead + size.bytes / rate
        size.committed(size.bytes, took, is_throttled=False)
    assert took <= 4.0 or size.bytes <= TransactionSize().bytes
    assert took >= 1.0 or size.bytes == LARGEST_TRANSACTION


class Quota:
    """A broker's quota, as Kafka counts it: the bytes of eleven samples of a second each, over ten seconds or more.

    A request that exceeds the quota is answered at once, and the next one is read later.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._samples: dict[int, float] = {}
        self.read_again_at = 0.0

    def request(self, now: float, size: float) -> float:
        """The time at which it is answered."""
        now = max(now, self.read_again_at)
        second = int(now)
        self._samples = {one: count for one, count in self._samples.items() if one > second - 11}
        self._samples[second] = self._samples.get(second, 0.0) + size
        window = max(10.0, now - min(self._samples))
        self.read_again_at = now + max(0.0, sum(self._samples.values()) / self._rate - window)
        return now


# The waits of a burst halve it down to 639 bytes, and it takes some 400 transactions to recover.
@example(rate=6602776.0, requests=1, smallest=1)
@given(rate=st.floats(2e3, 1e7), requests=st.integers(1, 12), smallest=st.integers(1, 1000))
def test_under_a_quota_it_settles_at_what_makes_use_of_it_and_times_out_no_more(
    rate: float, requests: int, smallest: int
) -> None:
    size, quota, now = TransactionSize(), Quota(rate), 0.0
    began: list[float] = []
    took: list[float] = []
    sizes: list[int] = []
    for _ in range(800):
        began.append(now)
        sizes.append(max(smallest, size.bytes))
        for _ in range(requests):
            now = quota.request(now, sizes[-1] / requests)
        now += 0.05
        took.append(now - began[-1])
        is_throttled = quota.read_again_at > began[-1]
        if took[-1] > 10.0:
            size.failed(sizes[-1], took[-1], is_throttled=is_throttled)
        else:
            now = max(now, quota.read_again_at)
            size.committed(sizes[-1], now - began[-1], is_throttled=is_throttled)
    assert sum(seconds > 10.0 for seconds in took) <= 5
    assert max(took[400:]) <= 10.0
    assert sum(sizes[400:]) >= 0.35 * rate * (now - began[400])
