"""A session that is made ahead, and the ones after it."""

import pytest

from chat_tasks.settings import Settings
from chat_tasks.storage.early_session import EarlySession
from stack.servers import Servers

pytestmark = pytest.mark.servers


def test_each_time_it_is_another_session_that_answers(servers: Servers) -> None:
    early = EarlySession(Settings(cassandra_port=servers.cassandra_port))
    sessions = [early.take(), early.take()]
    assert sessions[0] is not sessions[1]
    for session in sessions:
        assert session.execute("SELECT cluster_name FROM system.local").one() is not None
        session.cluster.shutdown()
