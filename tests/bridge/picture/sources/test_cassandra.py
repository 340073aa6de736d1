"""What a session that is of no use costs: the console tries again every few seconds, for as long as it runs."""

import psutil
import pytest

from bridge.picture.sources.cassandra import Cassandra
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS

pytestmark = pytest.mark.servers


def connections(port: int) -> int:
    """Those of this process with the server at this port."""
    found = psutil.Process().net_connections("tcp")
    return sum(bool(one.raddr) and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED for one in found)


def test_a_pipeline_that_is_not_set_up_leaves_no_connections(servers: Servers) -> None:
    before = connections(servers.cassandra_port)
    cassandra = Cassandra(Settings(cassandra_port=servers.cassandra_port, cassandra_keyspace="nobody_has_set_it_up"))
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="nobody_has_set_it_up is not set up"):
            cassandra.session()
    assert wait_until(lambda: connections(servers.cassandra_port) <= before, PATIENCE_SECONDS)
