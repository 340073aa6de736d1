"""Whether a member of a group still is one, as Kafka sees it.

librdkafka may lose its place without a word: after its broker was killed a consumer was met that polled on for minutes,
with no error and no records, while its group had given its partitions to others.
"""

import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from bridge.clients import base_config
from bridge.events import Failed
from bridge.health import describe_group
from bridge.transaction import Partition
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings

_INTERVAL_SECONDS = 1.0
_DISAGREEMENTS = 3
_SETTLED = {ConsumerGroupState.STABLE, ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD}


class MembershipWatch:
    """Compares what we believe to own with what Kafka says, in a thread; posts `Failed` where they go on to differ."""

    def __init__(self, settings: Settings, group: str, post: Callable[[object], None]) -> None:
        self._settings = settings
        self._group = group
        self._post = post
        self._owned: frozenset[Partition] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="membership", daemon=True)

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop soon."""
        self._stopping.set()

    def believe(self, owned: frozenset[Partition] | None) -> None:
        """What we own from now on; None while that is being settled."""
        self._owned = owned

    def _run(self) -> None:
        admin = AdminClient(base_config(self._settings))
        disagreements = 0
        while not self._stopping.wait(_INTERVAL_SECONDS):
            believed = self._owned
            try:
                # librdkafka may abort the process where a group is described while its coordinator goes away (issue
                # 4605): it is not asked of a Kafka that is away already.
                admin.list_topics(timeout=_INTERVAL_SECONDS)
                agrees = believed is None or self._agrees(describe_group(admin, self._group), believed)
            except (KafkaException, DependencyUnavailable):
                continue
            # What changed while Kafka was asked says nothing.
            disagreements = 0 if agrees or believed is not self._owned else disagreements + 1
            if disagreements == _DISAGREEMENTS:
                self._post(
                    Failed(
                        DependencyUnavailable(f"Kafka: {self._group} does not know this member's assignment any more")
                    )
                )
                return

    def _agrees(self, found: Any, believed: frozenset[Partition]) -> bool:
        if found.state not in _SETTLED:
            return True
        owned = {
            Partition(one.topic, one.partition)
            for member in found.members
            if member.group_instance_id == self._settings.instance_name
            for one in member.assignment.topic_partitions
        }
        return owned == believed
