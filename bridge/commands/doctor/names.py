"""Whether two processes have one instance name, as far as this machine and Redis can tell.

Kafka cannot: of two members with one name it knows the last one only. A process that waits for its name to be free
holds a lock on its machine. Every dispatcher counts a key in Redis up, four times a second.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from bridge.commands.doctor.finding import Answer, ok, warning
from bridge.commands.doctor.servers import Servers
from bridge.instance_name import InstanceName
from bridge.kafka.groups import describe_group
from chat_tasks.settings import Settings

_BEATS_SECONDS = 1.0
_REMEDY = "give each process its own CHAT_INSTANCE_NAME"


def instance_names(servers: Servers) -> Iterator[Answer]:
    """Names that two processes use or want."""
    settings = servers.settings
    names = []
    for group in (settings.ingest_group, settings.dispatch_group):
        for member in describe_group(servers.admin, group).members:
            if (name := member.group_instance_id) is None:
                continue
            names.append(name)
            if _is_waited_for(settings, group, name):
                yield warning(
                    f"{name} is used twice: another process of this machine waits to take its place in group {group}",
                    _REMEDY,
                )
    yield ok(f"members of the groups: {', '.join(sorted(names)) or 'none'}")


def dispatchers(servers: Servers) -> Iterator[Answer]:
    """The dispatchers that are at work on this Redis under this prefix: each is a member of our group, and one."""
    settings = servers.settings
    members = {one.group_instance_id for one in describe_group(servers.admin, settings.dispatch_group).members}
    alive = _beating(servers.redis, f"{settings.redis_prefix}:heartbeat:")
    for name, count in sorted(alive.items()):
        if count > 1:
            yield warning(f"{name} is used twice: {count} dispatchers of this name are at work", _REMEDY)
        if name not in members:
            yield warning(
                f"a dispatcher {name} is at work under the prefix {settings.redis_prefix}, and is no member of group "
                f"{settings.dispatch_group}: it is another pipeline's, or has just started",
                "a CHAT_REDIS_PREFIX or a Redis database for each pipeline",
            )
    yield ok(f"at work: {', '.join(sorted(alive)) or 'none'}")


def _is_waited_for(settings: Settings, group: str, name: str) -> bool:
    found = InstanceName(settings.model_copy(update={"instance_name": name}), group)
    try:
        return found.is_waited_for()
    finally:
        found.close()


def _beating(redis: Any, prefix: str) -> dict[str, int]:
    """The number of heartbeats that go on, by the name of the instance."""

    def beats() -> dict[bytes, int]:
        keys = list(redis.scan_iter(match=f"{prefix}*", count=1000))
        return {key: int(value or 0) for key, value in zip(keys, redis.mget(keys), strict=True)} if keys else {}

    before = beats()
    time.sleep(_BEATS_SECONDS)
    alive: dict[str, int] = defaultdict(int)
    for key, value in beats().items():
        if value > before.get(key, 0):
            alive[key.decode(errors="replace").removeprefix(prefix).rpartition(":")[0]] += 1
    return alive
