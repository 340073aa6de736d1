"""When each Cassandra node last started.

A killed node forgets what it acknowledged since its last sync of the commit log. A generation that differs from the one
under which the window was last replayed therefore means: what was read may miss acknowledged rows.
"""

from dataclasses import dataclass

from cassandra.cluster import Session
from cassandra.pool import Host

from chat_tasks.errors import DependencyUnavailable, NodeRestarted
from chat_tasks.formats.tasks import Generations
from chat_tasks.storage.session import TUPLES, describe_cassandra_error

# What a node knows of itself and of the others: a node that is down keeps its last generation here, and one that serves
# its peers again, but not yet its clients, has its new one.
_QUERY = "SELECT host_id, generation FROM system_views.gossip_info"

_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AskedNodes:
    """The newest generation that anybody knows of each node, and whether every node answered itself."""

    generations: Generations
    all_answered: bool


class NodeGenerations:
    """Asks every live node of the local data centre: only that one serves our reads and writes."""

    def __init__(self, session: Session, local_datacenter: str) -> None:
        self._session = session
        self._local_datacenter = local_datacenter

    def _hosts(self) -> list[Host]:
        hosts = self._session.cluster.metadata.all_hosts()
        return [host for host in hosts if host.datacenter == self._local_datacenter]

    def ask(self) -> AskedNodes:
        """Blocks for a second at most. Raises `DependencyUnavailable` where no node answers.

        One that is paused or cut off is spoken for by the others.
        """
        hosts = self._hosts()
        futures = [
            self._session.execute_async(_QUERY, host=host, timeout=_SECONDS, execution_profile=TUPLES)
            for host in hosts
            if host.is_up
        ]
        rows: list[tuple[str, int]] = []
        answered = 0
        reason = "no Cassandra node answers"
        for future in futures:
            try:
                rows.extend(future.result())
                answered += 1
            except Exception as error:  # noqa: BLE001 - the driver's failures share no base class
                reason = describe_cassandra_error(error)
        if not answered:
            raise DependencyUnavailable(reason)
        known = {str(host.host_id) for host in hosts}
        generations: Generations = {}
        for host_id, generation in rows:
            # Nodes that have left stay in the gossip for days.
            if host_id in known:
                generations[host_id] = max(generation, generations.get(host_id, 0))
        return AskedNodes(generations, all_answered=answered == len(hosts))

    def check(self, replayed: Generations) -> None:
        """Raise `NodeRestarted` where a node is not of the generation that `replayed` names."""
        for host, generation in self.ask().generations.items():
            if replayed.get(host) != generation:
                raise NodeRestarted(f"Cassandra node {host} has started since the window was last replayed")
