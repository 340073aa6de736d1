"""How Cassandra is looked for, and what is said where it does not answer."""

from itertools import islice

import pytest
from cassandra import OperationTimedOut, Unavailable
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionShutdown
from cassandra.protocol import IsBootstrappingErrorMessage, OverloadedErrorMessage, ServerError

from chat_tasks.errors import DependencyUnavailable
from chat_tasks.storage.session import RECONNECTION, failures_as_unavailable


def test_a_node_that_is_away_for_hours_is_still_looked_for_twice_a_second() -> None:
    delays = list(islice(RECONNECTION.new_schedule(), 100_000))
    assert len(delays) == 100_000
    assert min(delays) > 0
    assert max(delays) <= 0.5 * 1.15, "the driver adds or takes up to 15%"


@pytest.mark.parametrize(
    "error",
    [
        NoHostAvailable("no host", {}),
        OperationTimedOut(),
        Unavailable("too few replicas"),
        ConnectionShutdown("it was closed while an answer was awaited"),
        ConnectionRefusedError(),
        IsBootstrappingErrorMessage(0x1002, "the node has not joined yet", None),
        OverloadedErrorMessage(0x1001, "too many requests in flight", None),
        ServerError(0x0000, "java.io.IOException: No space left on device", None),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_the_driver_raises_is_a_dependency_that_is_away(error: Exception) -> None:
    with pytest.raises(DependencyUnavailable, match="Cassandra"), failures_as_unavailable():
        raise error


def test_a_bug_is_none() -> None:
    with pytest.raises(KeyError), failures_as_unavailable():
        raise KeyError
