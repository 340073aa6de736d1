"""Asking only the replicas of what was read finds every restart of a replica that asking all nodes would find."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from cassandra import OperationTimedOut
from cassandra.policies import SimpleConvictionPolicy
from cassandra.pool import Host
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.errors import CassandraUnavailable, NodeRestarted
from chat_tasks.storage.generations import NodeGenerations

NODES = 5
BEFORE, AFTER = 1, 2


@dataclass(frozen=True)
class Node:
    """How a node stands with us and with its peers."""

    has_started: bool
    is_up: bool
    """Whether the driver takes the node to be up."""
    answers: bool
    has_heard_of: frozenset[int]
    """The nodes of whose start it has heard, if they have started."""


nodes = st.lists(
    st.builds(Node, st.booleans(), st.booleans(), st.booleans(), st.frozensets(st.integers(0, NODES - 1))),
    min_size=NODES,
    max_size=NODES,
)


class Gossip:
    """A session on nodes that tell what they know; `asked` are those to which the driver has sent the query."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.hosts = [self._host(number, node) for number, node in enumerate(nodes)]
        self.asked: list[int] = []
        self.cluster = SimpleNamespace(metadata=SimpleNamespace(all_hosts=lambda: self.hosts))

    def _host(self, number: int, node: Node) -> Host:
        host = Host(f"10.0.0.{number}", SimpleConvictionPolicy, host_id=UUID(int=number))
        host.set_location_info("here", "rack")
        if node.is_up:
            host.set_up()
        else:
            host.set_down()
        return host

    def heard(self, number: int) -> list[tuple[str, int]]:
        """All nodes' generations as one node knows them: it always knows its own."""
        of = self.nodes[number].has_heard_of | {number}
        return [
            (str(host.host_id), AFTER if one in of and self.nodes[one].has_started else BEFORE)
            for one, host in enumerate(self.hosts)
        ]

    def execute_async(self, query: str, *, host: Host, **_: object) -> Any:
        """Part of the driver's session."""
        assert "gossip_info" in query
        number = self.hosts.index(host)
        self.asked.append(number)

        def result() -> list[tuple[str, int]]:
            if not self.nodes[number].answers:
                raise OperationTimedOut
            return self.heard(number)

        return SimpleNamespace(result=result)

    def check(self, replicas: set[int]) -> str:
        """What comes of a check."""
        replayed = {str(host.host_id): BEFORE for host in self.hosts}
        try:
            NodeGenerations(self, "here").check(replayed, {self.hosts[number] for number in replicas})
        except NodeRestarted:
            return "restarted"
        except CassandraUnavailable:
            return "unavailable"
        return "nothing"


@given(nodes, st.sets(st.integers(0, NODES - 1), max_size=3))
def test_no_restart_of_a_replica_is_missed_that_any_node_could_tell(nodes: list[Node], replicas: set[int]) -> None:
    gossip = Gossip(nodes)
    telling = [number for number, node in enumerate(nodes) if node.is_up and node.answers]
    told = {node for number in telling for node, generation in gossip.heard(number) if generation == AFTER}
    outcome = gossip.check(replicas)
    if told & {str(gossip.hosts[number].host_id) for number in replicas}:
        assert outcome == "restarted"
    if outcome == "restarted":
        assert told
    if outcome == "unavailable":
        assert not telling


@given(st.sets(st.integers(0, NODES - 1), min_size=1, max_size=3))
def test_only_the_replicas_are_asked_if_they_answer(replicas: set[int]) -> None:
    gossip = Gossip([Node(has_started=False, is_up=True, answers=True, has_heard_of=frozenset())] * NODES)
    assert gossip.check(replicas) == "nothing"
    assert sorted(gossip.asked) == sorted(replicas)


@pytest.mark.parametrize(("is_up", "answers"), [(False, False), (True, False)])
def test_a_replica_that_does_not_answer_is_asked_about(is_up: bool, answers: bool) -> None:
    silent = Node(has_started=True, is_up=is_up, answers=answers, has_heard_of=frozenset())
    witness = Node(has_started=False, is_up=True, answers=True, has_heard_of=frozenset({0}))
    other = Node(has_started=False, is_up=True, answers=True, has_heard_of=frozenset())
    assert Gossip([silent, other, other, other, witness]).check({0, 1, 2}) == "restarted"
