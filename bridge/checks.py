"""The settings of the servers that the project's promises depend on, checked before each loop."""

import logging
from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from bridge.kafka.clients import base_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.topics import fixed_partitions_name, partition_counts, plan_topics
from bridge.kafka.transaction import LARGEST_METADATA
from chat_tasks.errors import ConfigurationError, DependencyUnavailable, SettingsMismatch
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
    """The number of partitions of every topic.

    Raises `ConfigurationError` if a topic is missing, `SettingsMismatch` if a fixed number of partitions has changed,
    `DependencyUnavailable`.
    """
    plans = plan_topics(settings)
    counts = partition_counts(admin, [plan.name for plan in plans])
    missing = [plan.name for plan in plans if plan.name not in counts]
    if missing:
        raise ConfigurationError(f"topics are missing: {', '.join(missing)}. Run `chat-tasks init` first")
    for plan in plans:
        expected = stored.get(fixed_partitions_name(plan.name))
        if plan.is_fixed and expected != str(counts[plan.name]):
            raise SettingsMismatch(
                f"the number of partitions of {plan.name}", expected or "nothing", str(counts[plan.name])
            )
    return counts


def check_kafka(settings: Settings, admin: AdminClient) -> None:
    """Raise `ConfigurationError` if Kafka could lose or refuse records; warn if it could stall them.

    Raises `DependencyUnavailable`.
    """
    checked = (settings.message_topic, settings.log_topic, settings.output_topic)
    broker, *topics = _configs(admin, _any_broker(admin), *(ConfigResource(ResourceType.TOPIC, one) for one in checked))
    config_of = dict(zip(checked, topics, strict=True))
    log = config_of[settings.log_topic]
    if log["message.timestamp.type"] != "LogAppendTime":
        raise ConfigurationError(f"{settings.log_topic} must have message.timestamp.type=LogAppendTime")
    if log["cleanup.policy"] != "delete" or log["retention.ms"] != "-1" or log["retention.bytes"] != "-1":
        raise ConfigurationError(
            f"{settings.log_topic} must have cleanup.policy=delete, retention.ms=-1 and retention.bytes=-1: "
            "dispatch itself purges what is not needed any more"
        )
    for topic, config in config_of.items():
        if config["unclean.leader.election.enable"] != "false":
            raise ConfigurationError(
                f"{topic} must have unclean.leader.election.enable=false: it loses what is acknowledged"
            )
    if settings.topic_replication_factor < 3 or settings.topic_min_insync_replicas < 2:
        logger.info("one copy of each record: fine for development, set CHAT_TOPIC_REPLICATION_FACTOR=3 in production")
    if int(broker["offset.metadata.max.bytes"]) < LARGEST_METADATA:
        raise ConfigurationError(f"the brokers must have offset.metadata.max.bytes={LARGEST_METADATA} or more")
    if int(broker["transaction.max.timeout.ms"]) < settings.transaction_timeout * 1000:
        raise ConfigurationError("the brokers' transaction.max.timeout.ms is below CHAT_TRANSACTION_TIMEOUT")
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
        raise ConfigurationError(f"{settings.cassandra_keyspace}.messages must not have a default_time_to_live")
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


def _configs(admin: AdminClient, *resources: ConfigResource) -> list[dict[str, str]]:
    """The configuration of each resource, in the order of the resources, by one request."""
    try:
        described = admin.describe_configs(list(resources), request_timeout=_SECONDS)
        found = [described[resource].result(_SECONDS) for resource in resources]
        return [{name: entry.value for name, entry in entries.items()} for entries in found]
    except (KafkaException, TimeoutError) as error:
        raise DependencyUnavailable(describe_kafka_error(error, admin)) from error
