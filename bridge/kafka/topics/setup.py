"""Makes the topics what their plans say: new ones, and what existing ones lack."""

from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from bridge.kafka.connection.denials import denied, is_denied, naming_denials
from bridge.kafka.errors import KafkaUnavailable, is_no_answer
from bridge.kafka.topics.configs import alter_topic, describe, read_topic_configs, unfit
from bridge.kafka.topics.plans import TopicPlan, partition_counts, plan_audit, plan_topics, replica_counts
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings

_SECONDS = 30.0


def set_up_topics(
    settings: Settings, admin: AdminClient, fixed: Mapping[str, int], report: Callable[[str], None]
) -> None:
    """Create what is missing, and set the properties that are not what they have to be.

    A topic with fewer partitions than `fixed` says gets them, because an operator made it anew. `report` gets a line
    for each topic. Blocks. Raises `ConfigurationError`, `DependencyUnavailable`, `KafkaException`.
    """
    plans = _all_plans(settings)
    names = [plan.name for plan in plans]
    existing = partition_counts(admin, names)
    _check_copies(settings, names, replica_counts(admin, names))
    _create(settings, admin, [plan for plan in plans if plan.name not in existing], fixed, report)
    for plan in plans:
        if (count := existing.get(plan.name)) is None:
            continue
        report(f"topic {plan.name}: exists, {count} partitions")
        if count < (wanted := fixed.get(plan.name, 0)):
            with naming_denials(f"ALTER of topic {plan.name}"):
                admin.create_partitions([NewPartitions(plan.name, wanted)])[plan.name].result(_SECONDS)
            report(f"topic {plan.name}: has {wanted} partitions now")
        [found] = read_topic_configs(admin, [plan.name])
        if changed := unfit(plan.properties, found):
            alter_topic(admin, plan.name, changed)
            before = ", ".join(f"{name}={found.get(name)}" for name in changed)
            report(f"topic {plan.name}: has {describe(changed)} now, and had {before}")


def visible_counts(settings: Settings, admin: AdminClient, fixed: Mapping[str, int]) -> dict[str, int]:
    """The number of partitions of each topic, once the brokers have learnt of everything that was set up.

    Raises `DependencyUnavailable` as long as they have not.
    """
    plans = _all_plans(settings)
    names = [plan.name for plan in plans]
    counts = partition_counts(admin, names)
    if counts.keys() < set(names) or any(counts[name] < number for name, number in fixed.items()):
        raise KafkaUnavailable("Kafka: the topics and partitions that were just created are not there")
    found = read_topic_configs(admin, names)
    if any(unfit(plan.properties, one) for plan, one in zip(plans, found, strict=True)):
        raise KafkaUnavailable("Kafka: the properties of topics that were just set are not there")
    return counts


def _all_plans(settings: Settings) -> list[TopicPlan]:
    return [*plan_topics(settings), plan_audit(settings)]


def _check_copies(settings: Settings, names: list[str], existing: Mapping[str, int]) -> None:
    """Raise `ConfigurationError` if a topic has fewer copies than have to acknowledge: it could not be written."""
    wanted = settings.topic_min_insync_replicas
    for name in names:
        copies = existing.get(name, settings.topic_replication_factor)
        if copies < wanted:
            raise ConfigurationError(
                f"topic {name} with {copies} copies cannot be written if {wanted} have to acknowledge: set "
                f"CHAT_TOPIC_MIN_INSYNC_REPLICAS={copies}, or get more copies: by CHAT_TOPIC_REPLICATION_FACTOR if the "
                "topic is new, else by kafka-reassign-partitions.sh"
            )


def _create(
    settings: Settings,
    admin: AdminClient,
    plans: list[TopicPlan],
    fixed: Mapping[str, int],
    report: Callable[[str], None],
) -> None:
    topics = [
        NewTopic(
            plan.name,
            max(plan.partitions, fixed.get(plan.name, 0)),
            settings.topic_replication_factor,
            config=plan.config,
        )
        for plan in plans
    ]
    futures = admin.create_topics(topics) if topics else {}
    for name, future in futures.items():
        try:
            future.result(_SECONDS)
        except KafkaException as error:
            if is_no_answer(error):
                raise
            if is_denied(error):
                raise denied(error, f"CREATE of topic {name}") from error
            # Another `init` may have made the topic meanwhile.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ConfigurationError(f"topic {name} cannot be created: {error.args[0].str()}") from error
        report(f"topic {name}: created")
