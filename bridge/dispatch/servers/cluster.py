"""What dispatch asks of Cassandra and of Kafka's administration; every call blocks."""

from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.dispatch.commits.commit_metadata import decode_metadata
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.kafka.clients import base_config, reader_config
from bridge.kafka.connection.denials import denied, is_denied
from bridge.kafka.groups import committed_offsets
from bridge.kafka.topics.ids import topic_ids
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings
from chat_tasks.storage.generations import AskedNodes, NodeGenerations
from chat_tasks.storage.horizons import Horizons
from chat_tasks.storage.quarantine import Quarantined, QuarantineTable
from chat_tasks.storage.session import Session, failures_as_unavailable
from chat_tasks.storage.task_keys import read_seal

_SECONDS = 10.0
_GATE_SECONDS = 3.0


class Cluster:
    """The calls to Cassandra and to Kafka's administration that dispatch needs.

    The builder of the dispatch process makes a cluster for each loop; the connection to Cassandra outlives it. `facts`
    is called in the poller's thread, every other method in a thread of `BackgroundCalls`. Its clients may be used by
    several threads at once. A cluster keeps no state besides its clients. Cassandra's failures raise
    `DependencyUnavailable`, Kafka's raise `KafkaException`; `purge` passes over failures. What is
    denied raises `Denied`.
    """

    def __init__(self, settings: Settings, session: Session, *, output_partitions: int, block_partitions: int) -> None:
        self._settings = settings
        self._session = session
        self._generations = NodeGenerations(session, settings.cassandra_local_datacenter)
        self._quarantine = QuarantineTable(session, settings.cassandra_keyspace, settings.log_partitions)
        self._horizons = Horizons(session, settings.cassandra_keyspace)
        self._admin = AdminClient(base_config(settings))
        self._offsets = Consumer(reader_config(settings, settings.dispatch_group))
        self._output_partitions = output_partitions
        self._block_partitions = block_partitions

    def close(self) -> None:
        """Close the consumer, after the call that uses it; the administration client ends with its last reference."""
        self._offsets.close()

    def facts(self, log_partitions: Sequence[int]) -> AssignmentFacts:
        """The facts that an assignment of these partitions begins with.

        Raises `DependencyUnavailable`, `KafkaException`, `ConfigurationError`.
        """
        with failures_as_unavailable():
            quarantined = self._quarantine.of_partitions(log_partitions)
            seal = read_seal(self._session, self._settings)
            horizons = self._horizons.read(seal.log_id, log_partitions)
        log_id = topic_ids(self._admin, [self._settings.log_topic])[self._settings.log_topic]
        if seal.log_id != log_id:
            raise ConfigurationError(
                f"{self._settings.log_topic} has the id {log_id}, and the keyspace {self._settings.cassandra_keyspace} "
                f"the key for tasks of {seal.log_id}: run `chat-tasks init` first"
            )
        return AssignmentFacts(
            log_id=log_id,
            generations=self._generations.ask().generations,
            quarantined=frozenset(one.conversation_key for one in quarantined if one.release_requested is None),
            requests=_requests_of(quarantined),
            output_partitions=self._output_partitions,
            block_partitions=self._block_partitions,
            seal=seal,
            horizons=horizons,
        )

    def generations(self) -> AskedNodes:
        """The newest known generation of each node. Raises `DependencyUnavailable`."""
        return self._generations.ask()

    def published(self, digest: str) -> list[int] | None:
        """The committed offset of every partition of the log, other members' too.

        None unless all of them were committed under that digest. Raises `KafkaException`, `ConfigurationError`.
        """
        partitions = [Partition(self._settings.log_topic, number) for number in range(self._settings.log_partitions)]
        committed = committed_offsets(self._offsets, partitions, _GATE_SECONDS)
        if any(decode_metadata(one.metadata).digest != digest for one in committed.values()):
            return None
        return [committed[partition].offset for partition in partitions]

    def quarantine(self, reasons: Mapping[str, str]) -> None:
        """Quarantine these conversations durably, each for its reason. Raises `DependencyUnavailable`."""
        with failures_as_unavailable():
            for key, reason in reasons.items():
                self._quarantine.add(key, reason)

    def release_requests(self, log_partitions: Sequence[int]) -> dict[str, int]:
        """The conversations that are to be released, each with its request. Raises `DependencyUnavailable`."""
        with failures_as_unavailable():
            return _requests_of(self._quarantine.of_partitions(log_partitions))

    def end_releases(self, requests: Mapping[str, int]) -> None:
        """Delete these conversations from the table, each for its request. Raises `DependencyUnavailable`."""
        with failures_as_unavailable():
            for key, request in requests.items():
                self._quarantine.remove(key, request)

    def store_horizons(self, log_id: str, offsets: Mapping[int, int]) -> None:
        """Store among the rows that they are complete below these offsets. Raises `DependencyUnavailable`."""
        with failures_as_unavailable():
            self._horizons.store(log_id, offsets)

    def purge(self, offsets: Mapping[Partition, int]) -> None:
        """Delete the records below these offsets. If that fails, a later purge deletes them too.

        Raises `Denied`: without an operator no later purge deletes them either.
        """
        asked = [TopicPartition(*partition, offset) for partition, offset in offsets.items()]
        refusal = None
        for one, future in self._admin.delete_records(asked, request_timeout=_SECONDS).items():
            try:
                future.result(_SECONDS)
            except KafkaException as error:
                if is_denied(error):
                    refusal = denied(error, f"DELETE of records of topic {one.topic}")
            except TimeoutError:
                continue
        if refusal is not None:
            raise refusal


def _requests_of(quarantined: Iterable[Quarantined]) -> dict[str, int]:
    return {one.conversation_key: one.release_requested for one in quarantined if one.release_requested is not None}
