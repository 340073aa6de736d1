"""The two groups: their members, how far each is, and whether it can read on."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from confluent_kafka import ConsumerGroupState

from bridge.commands.doctor.finding import Answer, failure, ok, warning
from bridge.commands.doctor.servers import Servers
from bridge.kafka.groups import consumed_topics, describe_group
from bridge.kafka.reading.first_waiting import FirstWaiting, first_waiting
from bridge.kafka.topics.plans import partition_counts
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings


def ingest(servers: Servers) -> Iterator[Answer]:
    """The group of ingest."""
    yield from _group(servers, servers.settings.ingest_group, "ingest")


def dispatch(servers: Servers) -> Iterator[Answer]:
    """The group of dispatch."""
    yield from _group(servers, servers.settings.dispatch_group, "dispatch")


def _group(servers: Servers, group: str, command: str) -> Iterator[Answer]:
    settings = servers.settings
    topics = [topic for topic, one in consumed_topics(settings).items() if one == group]
    found = first_waiting(settings, group, partition_counts(servers.admin, topics))
    description = describe_group(servers.admin, group)
    if not description.members:
        yield failure(
            f"no process is a member of group {group}, {_describe(found.values())}", f"`chat-tasks {command}`"
        )
    elif description.state is not ConsumerGroupState.STABLE:
        yield warning(f"group {group} is {description.state.name}", "none, if it ends within seconds; see its log")
    owned: dict[str, set[Partition]] = defaultdict(set)
    for member in description.members:
        name = member.group_instance_id or member.client_id
        owned[f"{name} on {str(member.host).lstrip('/')}"] |= {
            Partition(one.topic, one.partition) for one in member.assignment.topic_partitions
        }
    for name, partitions in sorted(owned.items()):
        yield _member(settings, name, {one: found[one] for one in partitions if one in found}, len(partitions))
    for partition, one in sorted(found.items()):
        if one.unreadable:
            yield _unreadable(settings, partition, one)


def _member(settings: Settings, name: str, found: Mapping[Partition, FirstWaiting], owned: int) -> Answer:
    detail = f"{name}: {owned} partitions, {_describe(found.values())}"
    oldest = min((one.sent_at for one in found.values() if one.sent_at is not None), default=None)
    if oldest is not None and time.time() - oldest > settings.stall_timeout:
        return warning(f"{detail}, and nothing of it got done since", "its log says what it waits for")
    return ok(detail)


def _describe(found: Iterable[FirstWaiting]) -> str:
    ones = list(found)
    waiting = sum(one.waiting for one in ones)
    oldest = min((one.sent_at for one in ones if one.sent_at is not None), default=None)
    if not waiting:
        return "nothing waits"
    age = "" if oldest is None else f", the oldest record is {max(0.0, time.time() - oldest):.0f} s old"
    return f"{waiting} offsets wait{age}"


def _unreadable(settings: Settings, partition: Partition, one: FirstWaiting) -> Answer:
    where = f"{partition.topic}[{partition.number}] cannot be read from offset {one.offset} on: {one.unreadable}"
    if partition.topic == settings.log_topic:
        return failure(where, "restore the partition from a replica, then start dispatch again")
    return warning(
        where, "none: a bridge that runs passes it over, with a dead letter; a larger CHAT_MAX_BATCH_BYTES may read it"
    )
