"""`chat-tasks init`: makes topics, keyspace, stored settings and starting offsets. May be run any number of times."""

import time
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TypeVar

import click
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from bridge.commands.init.group_offsets import set_offsets
from bridge.commands.init.horizons import begin_horizons
from bridge.commands.init.starting_offsets import Choices, InputStart, LogStart
from bridge.kafka.clients import base_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.groups import consumed_topics
from bridge.kafka.topics.ids import KnownTopic, topic_ids
from bridge.kafka.topics.plans import fixed_partitions, fixed_partitions_name
from bridge.kafka.topics.setup import set_up_topics, visible_counts
from bridge.terminal import show_line
from chat_tasks.backoff import Backoff
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings
from chat_tasks.storage import schema
from chat_tasks.storage.session import connected
from chat_tasks.storage.task_keys import store_task_key

_SECONDS = 30.0
_BACKOFF = Backoff(first=0.05, longest=1.0)
_UNSETTLED = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}

ResultT = TypeVar("ResultT")


def initialise(settings: Settings, choices: Choices, report: Callable[[str], None]) -> None:
    """Set up what is missing; `report` gets a line for each step.

    Raises `ConfigurationError` if what exists contradicts the settings, or if the operator has to choose where a group
    begins; `DependencyUnavailable`.
    """
    admin = AdminClient(base_config(settings))
    try:
        with connected(settings) as session:
            schema.create(session, settings)
            schema.store_settings(session, settings, schema.data_settings(settings))
            fixed = fixed_partitions(settings, schema.check_stored_settings(session, settings))
            report(f"keyspace {settings.cassandra_keyspace}: ready")
            set_up_topics(settings, admin, fixed, report)
            counts = _once_settled(partial(visible_counts, settings, admin, fixed))
            output = settings.output_topic
            schema.store_settings(session, settings, {fixed_partitions_name(output): str(counts[output])})
            ids = _once_settled(partial(topic_ids, admin, consumed_topics(settings)))
            found = {topic: KnownTopic(one, counts[topic]) for topic, one in ids.items()}
            _once_settled(partial(set_offsets, settings, session, found, choices, report))
            log_id = ids[settings.log_topic]
            _once_settled(partial(begin_horizons, settings, session, log_id, report, accept=choices.accept_rows))
            store_task_key(session, settings, log_id)
        report(f"log {settings.log_topic}: id {log_id}")
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error


def _once_settled(step: Callable[[], ResultT]) -> ResultT:
    """Run a step, again while brokers do not yet agree on the leader of a topic that was just created."""
    deadline = time.monotonic() + _SECONDS
    for attempt in count(1):
        try:
            return step()
        except (KafkaException, DependencyUnavailable) as error:
            is_settled = isinstance(error, KafkaException) and error.args[0].code() not in _UNSETTLED
            if is_settled or time.monotonic() > deadline:
                raise
            time.sleep(_BACKOFF.delay(attempt))
    raise AssertionError("unreachable")


@click.command()
@click.option(
    "--from",
    "start",
    type=click.Choice(["earliest", "latest"]),
    help="Where to begin in the input topics, if nothing was consumed yet or the position is lost.",
)
@click.option(
    "log",
    "--log",
    type=click.Choice(["after-rows", "publish-again"]),
    help="Where to begin in the log, if the position is lost.",
)
@click.option("--accept-offsets", is_flag=True, help="Obey the offsets that something else has set.")
@click.option(
    "--reset-offsets",
    is_flag=True,
    help="Begin with the first record where the topic was made anew, or does not have the committed offset any more.",
)
@click.option(
    "--leave-letters",
    is_flag=True,
    help="Go on with a log that was made anew, although no release publishes the dead letters of the log before.",
)
@click.option(
    "--accept-rows",
    is_flag=True,
    help="Go on with rows that are older than what was purged from the log; numbers may then be given again.",
)
def init(
    start: InputStart | None,
    log: LogStart | None,
    *,
    accept_offsets: bool,
    reset_offsets: bool,
    leave_letters: bool,
    accept_rows: bool,
) -> None:
    """Create topics, keyspace and starting offsets. May be run again at any time."""
    choices = Choices(start, log, accept_offsets, reset_offsets, leave_letters, accept_rows)
    initialise(Settings(), choices, show_line)
