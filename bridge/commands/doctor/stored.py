"""What `init` and the start of a bridge check: settings, tables, topics, brokers, the key of tasks, positions."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

from confluent_kafka import KafkaException

from bridge.checks import Fault, audit_faults, broker_faults, cassandra_faults, topic_faults
from bridge.commands.doctor.finding import Answer, failure, ok, warning
from bridge.commands.doctor.servers import CASSANDRA, Servers
from bridge.commands.init.group_offsets import held_offsets
from bridge.commands.init.horizons import log_starts
from bridge.commands.init.starting_offsets import Choices, check_decisions, decide
from bridge.dispatch.commits.commit_metadata import decode_metadata
from bridge.dispatch.commits.horizons import check_horizons
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error, offset_gone
from bridge.kafka.groups import consumed_topics
from bridge.kafka.topics.ids import KnownTopic, known_topics, topic_ids
from bridge.kafka.topics.plans import partition_counts, plan_topics
from chat_tasks.errors import ConfigurationError
from chat_tasks.storage.horizons import Horizons
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import failures_as_unavailable
from chat_tasks.storage.task_keys import read_seal


def stored_settings(servers: Servers) -> Iterator[Answer]:
    """The settings that rows depend on, and whether `init` of this version was run."""
    with failures_as_unavailable():
        stored = check_stored_settings(servers.session, servers.settings)
    known_topics(stored, consumed_topics(servers.settings))
    yield ok(f"the data in keyspace {servers.settings.cassandra_keyspace} was made with these settings")


def tables(servers: Servers) -> Iterator[Answer]:
    """Whether Cassandra could forget rows."""
    with failures_as_unavailable():
        yield from _answers(cassandra_faults(servers.settings, servers.session), "rows outlive a killed node")


def brokers(servers: Servers) -> Iterator[Answer]:
    """Whether Kafka could lose, refuse or stall records."""
    yield from _answers(broker_faults(servers.settings, servers.admin), "commits and transactions fit")


def topics(servers: Servers) -> Iterator[Answer]:
    """What the topics have to be."""
    settings, admin = servers.settings, servers.admin
    stored = None
    if servers.connections[CASSANDRA].exception() is None:
        with failures_as_unavailable():
            stored = check_stored_settings(servers.session, settings)
    counts = partition_counts(admin, [plan.name for plan in plan_topics(settings)])
    faults = chain(topic_faults(settings, admin, counts, stored), audit_faults(settings, admin))
    fine = ", ".join(f"{name} [{number}]" for name, number in counts.items())
    yield from _answers(faults, fine)


def task_key(servers: Servers) -> Iterator[Answer]:
    """The key of tasks: it has to be of the log that is there."""
    settings = servers.settings
    with failures_as_unavailable():
        seal = read_seal(servers.session, settings)
    log_id = _ids(servers)[settings.log_topic]
    if seal.log_id != log_id:
        yield failure(f"{settings.log_topic} has the id {log_id}, and the key is for tasks of {seal.log_id}")
    else:
        yield ok("given by CHAT_TASK_KEY" if settings.task_keys else "stored by init")


def positions(servers: Servers) -> Iterator[Answer]:
    """The groups' offsets: each has to be this pipeline's, in the topic of today, and in what the topic still has."""
    settings, session = servers.settings, servers.session
    ids = _ids(servers)
    counts = partition_counts(servers.admin, ids)
    found = {topic: KnownTopic(one, counts[topic]) for topic, one in ids.items()}
    try:
        with failures_as_unavailable():
            stored = check_stored_settings(session, settings)
            held = held_offsets(settings, session, found, stored)
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error)) from error
    check_decisions({partition: decide(one, Choices()) for partition, one in held.items()}, settings.log_topic)
    for partition, one in held.items():
        if one.offset is not None and not one.low <= one.offset <= one.high:
            raise offset_gone(partition, one.offset)
        if partition.topic == settings.log_topic:
            decode_metadata(one.metadata)
    yield ok(f"{len(held)} partitions have an offset of this pipeline's, or begin with their first record")


def rows(servers: Servers) -> Iterator[Answer]:
    """Whether the rows are as new as what was purged from the log."""
    settings = servers.settings
    with failures_as_unavailable():
        log_id = read_seal(servers.session, settings).log_id
        # Dispatch stores a horizon before it purges, so what is read afterwards is not too low.
        lows = log_starts(settings)
        horizons = Horizons(servers.session, settings.cassandra_keyspace).read(log_id, lows)
    check_horizons(settings.log_topic, lows, horizons)
    yield ok(f"as new as what was purged from {settings.log_topic}")


def _ids(servers: Servers) -> dict[str, str]:
    try:
        return topic_ids(servers.admin, consumed_topics(servers.settings))
    except KafkaException as error:
        raise ConfigurationError(f"a topic's id: {describe_kafka_error(error, servers.admin)}") from error


def _answers(faults: Iterable[Fault], fine: str) -> Iterator[Answer]:
    """Each fault as an answer; `fine` if there is none."""
    is_fine = True
    for fault in faults:
        is_fine = False
        answer = partial(failure if fault.is_vital else warning, fault.detail)
        yield answer(fault.remedy)
    if is_fine:
        yield ok(fine)
