"""The generations of Cassandra's nodes: the time at which each node last started.

A killed node forgets what it acknowledged since its last sync of the commit log. So if a generation differs from the
one under which the last replay was made, a read may miss acknowledged rows.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from cassandra.cluster import Session
from cassandra.pool import Host

from chat_tasks.errors import CassandraUnavailable, NodeRestarted
from chat_tasks.formats.tasks import Generations
from chat_tasks.storage.session import FAILURES, TUPLES, unavailable
from chat_tasks.tracing import database
from chat_tasks.tracing.spans import current_span, inside

# This table holds what a node knows of itself and of the others. A node that is down keeps its last generation here. A
# node that already serves its peers, and does not yet serve clients, has its new one.
_QUERY = "SELECT host_id, generation FROM system_views.gossip_info"

_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AskedNodes:
    """The newest known generation of each node, and whether every node that was asked answered itself."""

    generations: Generations
    all_answered: bool


class NodeGenerations:
    """Asks the nodes of the local data centre, which alone serves our reads and writes, for all nodes' generations.

    `Cluster` owns one for dispatch, and the worker's resources own one for each worker process. It may be used in any
    thread that may block, and keeps no state besides the session. Invariant: an answer names the newest generation that
    any node has reported. The owner closes the session. `ask` raises `DependencyUnavailable`, `check` also
    `NodeRestarted`.
    """

    def __init__(self, session: Session, local_datacenter: str) -> None:
        self._session = session
        self._local_datacenter = local_datacenter

    def _hosts(self) -> list[Host]:
        hosts = self._session.cluster.metadata.all_hosts()
        return [host for host in hosts if host.datacenter == self._local_datacenter]

    def ask(self) -> AskedNodes:
        """Ask every node that is up; blocks for about a second at most.

        Raises `DependencyUnavailable` if no node answers. The other nodes report the generation of a node that is
        paused or cut off.
        """
        return self._ask(self._hosts())

    def check(self, replayed: Generations, replicas: Set[Host]) -> None:
        """Raise `NodeRestarted` if one of these replicas may have started since the last replay, as `replayed` has it.

        A replica that answers tells its own generation. If one does not answer, it may serve its peers nevertheless, so
        every node that is up is asked what it has heard. Blocks for about two seconds at most. Raises
        `DependencyUnavailable` if no node answers.
        """
        hosts = [host for host in self._hosts() if host in replicas]
        if hosts and all(host.is_up for host in hosts):
            try:
                asked = self._ask(hosts)
            except CassandraUnavailable:
                pass
            else:
                _compare(asked, replayed)
                if asked.all_answered:
                    return
        _compare(self.ask(), replayed)

    def _ask(self, hosts: Sequence[Host]) -> AskedNodes:
        rows: list[tuple[str, int]] = []
        answered = 0
        failure = CassandraUnavailable("no Cassandra node answers")
        with inside(current_span().begin(database.select("gossip_info"))) as span:
            futures = [
                self._session.execute_async(_QUERY, host=host, timeout=_SECONDS, execution_profile=TUPLES)
                for host in hosts
                if host.is_up
            ]
            for future in futures:
                try:
                    rows.extend(future.result())
                    answered += 1
                except FAILURES as error:
                    failure = unavailable(error)
                    span.fail(error)
        if not answered:
            raise failure
        known = {str(host.host_id) for host in self._hosts()}
        generations: Generations = {}
        for host_id, generation in rows:
            # Nodes that have left the cluster stay in the gossip for days.
            if host_id in known:
                generations[host_id] = max(generation, generations.get(host_id, 0))
        return AskedNodes(generations, all_answered=answered == len(hosts))


def _compare(asked: AskedNodes, replayed: Generations) -> None:
    for host, generation in asked.generations.items():
        if replayed.get(host) != generation:
            raise NodeRestarted(f"Cassandra node {host} has started since the window was last replayed")
