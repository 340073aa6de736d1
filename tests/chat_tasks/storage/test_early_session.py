"""A connection that is made ahead is no other than one that is made when it is needed."""

import pytest

from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings
from chat_tasks.storage.early_session import EarlySession
from stack.ports import free_port


def test_where_cassandra_is_away_whoever_takes_the_session_hears_of_it_each_time() -> None:
    early = EarlySession(Settings(_env_file=None, cassandra_port=free_port()))
    for _ in range(2):
        with pytest.raises(DependencyUnavailable, match="no Cassandra node answers"):
            early.take()
