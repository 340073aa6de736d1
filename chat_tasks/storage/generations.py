"""When each Cassandra node last started.

A killed node forgets what it acknowledged since its last sync of the commit log. A generation that differs from the one
under which the window was last replayed therefore means: what was read may miss acknowledged rows.
"""

from uuid import UUID

from cassandra.cluster import Session
from cassandra.pool import Host

from chat_tasks.errors import DependencyUnavailable, NodeRestarted
from chat_tasks.storage.session import describe
from chat_tasks.task_format import Generations

_QUERY = "SELECT host_id, gossip_generation FROM system.local"


class NodeGenerations:
    """Asks every node itself: what another node believes of it may be old."""

    def __init__(self, session: Session, local_datacenter: str) -> None:
        """Only the local data centre serves the reads and writes, and only its nodes can be asked."""
        self._session = session
        self._local_datacenter = local_datacenter

    def _hosts(self) -> list[Host]:
        hosts = self._session.cluster.metadata.all_hosts()
        return [host for host in hosts if host.datacenter == self._local_datacenter]

    def ask_live_nodes(self) -> Generations:
        """The generation of every node the driver has a connection to. Raises `DependencyUnavailable`."""
        futures = [self._session.execute_async(_QUERY, host=host) for host in self._hosts() if host.is_up]
        try:
            rows = [future.result().one() for future in futures]
        except Exception as error:
            raise DependencyUnavailable(describe(error)) from error
        return {str(row.host_id): row.gossip_generation for row in rows}

    def known_hosts(self) -> set[str]:
        """The ids of all nodes of the cluster, live or not."""
        return {str(host.host_id) for host in self._hosts() if isinstance(host.host_id, UUID)}

    def check(self, replayed: Generations) -> None:
        """Raise `NodeRestarted` where a live node is not of the generation that `replayed` names."""
        for host, generation in self.ask_live_nodes().items():
            if replayed.get(host) != generation:
                raise NodeRestarted(f"Cassandra node {host} has started since the window was last replayed")
