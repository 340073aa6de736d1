"""The settings of the servers that the project's promises depend on, checked before each loop."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from bridge.kafka.topics.configs import describe, read_broker_config, read_topic_configs, unfit
from bridge.kafka.topics.plans import TopicPlan, fixed_partitions, partition_counts, plan_audit, plan_topics
from bridge.kafka.transaction import LARGEST_METADATA
from chat_tasks.errors import ConfigurationError
from chat_tasks.log_rate.news import News
from chat_tasks.settings import Settings
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import Session, failures_as_unavailable

logger = logging.getLogger(__name__)

# These checks are made again as long as a server is away or denies something.
_news = News()

_LONGEST_CLEANUP_MS = 10_000
_DEFAULT_SYNC_MS = 10_000


class Fault(NamedTuple):
    """What is wrong with a server, and what mends it; empty if the detail says that already.

    No bridge starts while a fault `is_vital`. As text: one line for people.
    """

    detail: str
    remedy: str = ""
    is_vital: bool = True

    def __str__(self) -> str:
        return ": ".join(filter(None, self[:2]))


def check_servers(
    settings: Settings, session: Session, step: Callable[[], None] = lambda: None
) -> tuple[dict[str, str], dict[str, int]]:
    """Check everything before a loop begins; returns the stored settings and the number of partitions of each topic.

    Calls `step` after each server that has answered.
    Raises `ConfigurationError` if a server could lose or double records, `DependencyUnavailable`.
    """
    admin = AdminClient(base_config(settings))
    with failures_as_unavailable():
        stored = check_stored_settings(session, settings)
        check_cassandra(settings, session)
    step()
    counts = check_topics(settings, admin, stored)
    step()
    check_kafka(settings, admin)
    step()
    return stored, counts


def check_topics(settings: Settings, admin: AdminClient, stored: Mapping[str, str]) -> dict[str, int]:
    """The number of partitions of every topic; of log and output those over which conversations are spread.

    Raises `ConfigurationError` if a topic is missing, new to `init`, too small or wrongly configured,
    `DependencyUnavailable`.
    """
    counts = partition_counts(admin, [plan.name for plan in plan_topics(settings)])
    _refuse(topic_faults(settings, admin, counts, stored))
    return counts | fixed_partitions(settings, stored)


def check_kafka(settings: Settings, admin: AdminClient) -> None:
    """Raise `ConfigurationError` if Kafka could lose or refuse records; warn if it could stall them.

    Raises `DependencyUnavailable`.
    """
    is_safe = settings.topic_replication_factor >= 3 and settings.topic_min_insync_replicas >= 2
    if not is_safe and _news.is_news("copies"):
        logger.info(
            "one copy of each record: fine for development, set CHAT_TOPIC_REPLICATION_FACTOR=3 in production",
            extra={"event": "single_copy"},
        )
    _refuse(broker_faults(settings, admin))


def check_cassandra(settings: Settings, session: Session) -> None:
    """Raise `ConfigurationError` if Cassandra could forget rows; raises the driver's exceptions."""
    _refuse(cassandra_faults(settings, session))


def topic_faults(
    settings: Settings, admin: AdminClient, counts: Mapping[str, int], stored: Mapping[str, str] | None
) -> Iterator[Fault]:
    """What is wrong with the topics, given the partitions of those that exist.

    `stored` are the stored settings, None if they are not known. Raises `DependencyUnavailable`.
    """
    plans = plan_topics(settings)
    fixed = fixed_partitions(settings, stored or {})
    new = set() if stored is None else {settings.output_topic} - fixed.keys()
    yield from _missing(plans, counts.keys() - new)
    for name, number in fixed.items():
        if counts.get(name, number) < number:
            yield Fault(f"{name} needs {number} partitions and has {counts[name]}", "`chat-tasks init` adds them")
    yield from _unfit(admin, [plan for plan in plans if plan.name in counts])


def audit_faults(settings: Settings, admin: AdminClient) -> Iterator[Fault]:
    """What is wrong with the audit's topic, without which people may change nothing. Raises `DependencyUnavailable`."""
    plan = plan_audit(settings)
    there = partition_counts(admin, [plan.name])
    yield from _missing([plan], there)
    yield from _unfit(admin, [plan] if there else [])


def _missing(plans: Sequence[TopicPlan], there: Collection[str]) -> Iterator[Fault]:
    if missing := [plan.name for plan in plans if plan.name not in there]:
        yield Fault(f"topics are missing, or new ({', '.join(missing)})", "run `chat-tasks init` first")


def _unfit(admin: AdminClient, there: Sequence[TopicPlan]) -> Iterator[Fault]:
    for plan, found in zip(there, read_topic_configs(admin, [plan.name for plan in there]), strict=True):
        wrong = unfit(plan.properties, found)
        if vital := {name: one for name, one in wrong.items() if one.is_vital}:
            yield Fault(f"{plan.name} must have {describe(vital)}", "`chat-tasks init` sets it")
        elif wrong:
            yield Fault(f"{plan.name} should have {describe(wrong)}", "`chat-tasks init` sets it", is_vital=False)


def broker_faults(settings: Settings, admin: AdminClient) -> Iterator[Fault]:
    """What is wrong with the brokers. Raises `DependencyUnavailable`."""
    broker = read_broker_config(admin)
    if int(broker["offset.metadata.max.bytes"]) < LARGEST_METADATA:
        yield Fault(f"the brokers must have offset.metadata.max.bytes={LARGEST_METADATA} or more")
    if int(broker["transaction.max.timeout.ms"]) < settings.transaction_timeout * 1000:
        yield Fault(
            "the brokers must have a transaction.max.timeout.ms that is not below CHAT_TRANSACTION_TIMEOUT "
            f"({settings.transaction_timeout:g} s): it is {broker['transaction.max.timeout.ms']}"
        )
    cleanup = int(broker["transaction.abort.timed.out.transaction.cleanup.interval.ms"])
    if cleanup > _LONGEST_CLEANUP_MS:
        yield Fault(
            f"the brokers' transaction.abort.timed.out.transaction.cleanup.interval.ms is {cleanup}: "
            "a killed process can hold up all readers for that long, 1000 is better",
            is_vital=False,
        )


def cassandra_faults(settings: Settings, session: Session) -> Iterator[Fault]:
    """How Cassandra could forget rows; raises the driver's exceptions.

    Cassandra forgets rows by a time to live, without a commit log, and after a kill if the replay window is too short.
    """
    table = session.execute(
        "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = %s AND table_name = 'messages'",
        (settings.cassandra_keyspace,),
    ).one()
    if table is None or table.default_time_to_live:
        yield Fault(f"table {settings.cassandra_keyspace}.messages must have default_time_to_live = 0")
    durable = session.execute(
        "SELECT durable_writes FROM system_schema.keyspaces WHERE keyspace_name = %s", (settings.cassandra_keyspace,)
    ).one()
    if durable is None or not durable.durable_writes:
        yield Fault(f"keyspace {settings.cassandra_keyspace} must have durable_writes = true")
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
        yield Fault(
            f"CHAT_REPLAY_WINDOW must exceed {forgotten / 1000:g} s: a killed Cassandra node may forget so much, "
            "one and a half times its commitlog_sync_period"
        )


def _refuse(faults: Iterable[Fault]) -> None:
    """Raise `ConfigurationError` for the first fault that is vital, and log those before it."""
    for fault in faults:
        if fault.is_vital:
            raise ConfigurationError(str(fault))
        if _news.is_news(str(fault)):
            logger.warning("%s", fault, extra={"event": "server_unfit", "reason": str(fault)})


def _milliseconds(value: str | None, default: float) -> float:
    if value is None or value == "null":
        return default
    for unit, factor in (("ms", 1), ("s", 1000), ("m", 60_000)):
        if value.endswith(unit):
            return int(value.removesuffix(unit)) * factor
    return int(value)
