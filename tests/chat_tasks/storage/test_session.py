"""How Cassandra is looked for."""

from itertools import islice

from chat_tasks.storage.session import RECONNECTION


def test_a_node_that_is_away_for_hours_is_still_looked_for_twice_a_second() -> None:
    delays = list(islice(RECONNECTION.new_schedule(), 100_000))
    assert len(delays) == 100_000
    assert min(delays) > 0
    assert max(delays) <= 0.5 * 1.15, "the driver adds or takes up to 15%"
