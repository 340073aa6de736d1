"""The settings of the servers that the project's promises depend on, checked before each loop."""

import logging
from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from bridge.kafka.clients import base_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.topics.configs import describe, read_configs, read_topic_configs, unfit
from bridge.kafka.topics.plans import fixed_partitions, partition_counts, plan_topics
from bridge.kafka.transaction import LARGEST_METADATA
from chat_tasks.errors import ConfigurationError, DependencyUnavailable
from chat_tasks.settings import Settings
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import Session, failures_as_unavailable

logger = logging.getLogger(__name__)

_SECONDS = 15.0
_LONGEST_CLEANUP_MS = 10_000
_DEFAULT_SYNC_MS = 10_000


def check_servers(settings: Settings, session: Session) -> tuple[dict[str, str], dict[str, int]]:
    """Check everything before a loop begins; returns the stored settings and the number of partitions of each topic.

    Raises `ConfigurationError` if a server could lose or double records, `DependencyUnavailable`.
    """
    admin = AdminClient(base_config(settings))
    with failures_as_unavailable():
        stored = check_stored_settings(session, settings)
        check_cassandra(settings, session)
    counts = check_topics(settings, admin, stored)
    check_kafka(settings, admin)
    return stored, counts


def check_topics(settings: Settings, admin: AdminClient, stored: Mapping[str, str]) -> dict[str, int]:
    """The number of partitions of every topic; of log and output those over which conversations are spread.

    Raises `ConfigurationError` if a topic is missing, new to `init`, too small or wrongly configured,
    `DependencyUnavailable`.
    """
    plans = plan_topics(settings)
    names = [plan.name for plan in plans]
    counts = partition_counts(admin, names)
    fixed = fixed_partitions(settings, stored)
    new = {settings.output_topic} - fixed.keys()
    if missing := [name for name in names if name not in counts or name in new]:
        raise ConfigurationError(f"topics are missing, or new: {', '.join(missing)}. Run `chat-tasks init` first")
    for name, number in fixed.items():
        if counts[name] < number:
            raise ConfigurationError(
                f"{name} needs {number} partitions and has {counts[name]}: `chat-tasks init` adds them"
            )
    for plan, found in zip(plans, read_topic_configs(admin, names), strict=True):
        wrong = unfit(plan.properties, found)
        if vital := {name: one for name, one in wrong.items() if one.is_vital}:
            raise ConfigurationError(f"{plan.name} must have {describe(vital)}: `chat-tasks init` sets it")
        if wrong:
            logger.warning("%s should have %s: `chat-tasks init` sets it", plan.name, describe(wrong))
    return counts | fixed


def check_kafka(settings: Settings, admin: AdminClient) -> None:
    """Raise `ConfigurationError` if Kafka could lose or refuse records; warn if it could stall them.

    Raises `DependencyUnavailable`.
    """
    [broker] = read_configs(admin, [_any_broker(admin)])
    if settings.topic_replication_factor < 3 or settings.topic_min_insync_replicas < 2:
        logger.info("one copy of each record: fine for development, set CHAT_TOPIC_REPLICATION_FACTOR=3 in production")
    if int(broker["offset.metadata.max.bytes"]) < LARGEST_METADATA:
        raise ConfigurationError(f"the brokers must have offset.metadata.max.bytes={LARGEST_METADATA} or more")
    if int(broker["transaction.max.timeout.ms"]) < settings.transaction_timeout * 1000:
        raise ConfigurationError(
            "the brokers must have a transaction.max.timeout.ms that is not below CHAT_TRANSACTION_TIMEOUT "
            f"({settings.transaction_timeout:g} s): it is {broker['transaction.max.timeout.ms']}"
        )
    cleanup = int(broker["transaction.abort.timed.out.transaction.cleanup.interval.ms"])
    if cleanup > _LONGEST_CLEANUP_MS:
        logger.warning(
            "the brokers' transaction.abort.timed.out.transaction.cleanup.interval.ms is %d: "
            "a killed process can hold up all readers for that long, 1000 is better",
            cleanup,
        )


def check_cassandra(settings: Settings, session: Session) -> None:
    """Raise `ConfigurationError` if Cassandra could forget rows; raises the driver's exceptions.

    Cassandra forgets rows by a time to live, without a commit log, and after a kill if the replay window is too short.
    """
    table = session.execute(
        "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = %s AND table_name = 'messages'",
        (settings.cassandra_keyspace,),
    ).one()
    if table is None or table.default_time_to_live:
        raise ConfigurationError(f"table {settings.cassandra_keyspace}.messages must have default_time_to_live = 0")
    durable = session.execute(
        "SELECT durable_writes FROM system_schema.keyspaces WHERE keyspace_name = %s", (settings.cassandra_keyspace,)
    ).one()
    if not durable.durable_writes:
        raise ConfigurationError(f"keyspace {settings.cassandra_keyspace} must have durable_writes = true")
    values = {
        row.name: row.value
        for row in session.execute(
            "SELECT name, value FROM system_views.settings WHERE name IN "
            "('commitlog_sync', 'commitlog_sync_period', 'periodic_commitlog_sync_lag_block')"
        )
    }
    if values.get("commitlog_sync") != "periodic":
        return
    # Cassandra lets writers wait if its last sync is longer ago than this.
    period = _milliseconds(values.get("commitlog_sync_period"), _DEFAULT_SYNC_MS)
    forgotten = _milliseconds(values.get("periodic_commitlog_sync_lag_block"), 1.5 * period)
    if settings.replay_window * 1000 <= forgotten:
        raise ConfigurationError(
            f"CHAT_REPLAY_WINDOW must exceed {forgotten / 1000:g} s: a killed Cassandra node may forget so much, "
            "one and a half times its commitlog_sync_period"
        )


def _milliseconds(value: str | None, default: float) -> float:
    if value is None or value == "null":
        return default
    for unit, factor in (("ms", 1), ("s", 1000), ("m", 60_000)):
        if value.endswith(unit):
            return int(value.removesuffix(unit)) * factor
    return int(value)


def _any_broker(admin: AdminClient) -> ConfigResource:
    try:
        brokers = list(admin.list_topics(timeout=_SECONDS).brokers)
    except KafkaException as error:
        raise DependencyUnavailable(describe_kafka_error(error, admin)) from error
    if not brokers:
        # A broker that has just come back answers before its controller has let it in.
        raise DependencyUnavailable("Kafka: no broker is part of the cluster yet")
    return ConfigResource(ResourceType.BROKER, str(brokers[0]))
