"""How polled records are cut for the loop."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.loop.delivery.portions import portions

MEGABYTE = 1 << 20


class Sized:
    """A message of that many bytes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


@given(st.lists(st.sampled_from([0, 100, MEGABYTE, 3 * MEGABYTE, 10 * MEGABYTE]).map(Sized), max_size=30))
def test_every_record_is_in_one_portion_in_order_and_none_is_larger_than_it_must_be(records: list[Sized]) -> None:
    cut = list(portions(records))
    assert [record for portion in cut for record in portion] == records
    assert all(portion for portion in cut)
    assert all(len(portion) == 1 or sum(map(len, portion)) <= 8 * MEGABYTE for portion in cut)


def test_small_records_stay_together() -> None:
    records = [Sized(500) for _ in range(1000)]
    assert list(portions(records)) == [records]
