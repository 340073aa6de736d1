"""Everything the nemesis can do, by name."""

from collections.abc import Mapping

from tests.chaos.faults.clock import clock_jumps
from tests.chaos.faults.disk import disk_full
from tests.chaos.faults.injection import Injection
from tests.chaos.faults.kafka import narrow_quota, open_transaction
from tests.chaos.faults.network import CUT, NARROW, SLOW, network
from tests.chaos.faults.processes import (
    added,
    child_killed,
    killed_behind_a_straggler,
    paused,
    paused_beyond_its_locks,
    paused_until_replaced,
    replaced,
)
from tests.chaos.faults.redis_errors import redis_refuses
from tests.chaos.faults.rows import old_rows_deleted
from tests.chaos.faults.servers import redis_flushed, server_killed, server_paused
from tests.chaos.faults.tasks import delayed, doubled, dropped, queues, reordered
from tests.chaos.system.small_disk import can_make_disks
from tests.pipeline.deployment import Process

REACTIONS = (
    *("added", "zombie", "straggler", "clock jumps", "tasks doubled", "tasks dropped", "reordered", "delayed"),
    "rows deleted",
)
"""Faults that wait for something to happen in the pipeline have names that end so."""

MOMENTARY = frozenset(
    {
        "ingest killed",
        "ingest stopped",
        "dispatch killed",
        "dispatch stopped",
        "worker killed",
        "worker stopped",
        "worker's child killed",
        "redis flushed",
        "tasks doubled",
        "tasks dropped",
        "tasks reordered",
        "old rows deleted",
    }
)
"""Faults that last no time: there is nothing to heal, and recovery begins at once."""

ONE_NODE_DOWN: Mapping[str, Injection] = {
    "kafka killed": server_killed("kafka"),
    "kafka paused": server_paused("kafka"),
    "cassandra killed": server_killed("cassandra"),
    "cassandra paused": server_paused("cassandra"),
}
"""Faults during which a cluster goes on working, and from which a single node recovers."""

EVERYWHERE: Mapping[str, Injection] = {
    "ingest killed": replaced(Process.kill, "ingest"),
    "ingest stopped": replaced(Process.stop, "ingest"),
    "ingest a zombie": paused_until_replaced("ingest"),
    "ingest added": added("ingest"),
    "dispatch killed": replaced(Process.kill, "dispatch"),
    "dispatch stopped": replaced(Process.stop, "dispatch"),
    "dispatch a zombie": paused_until_replaced("dispatch"),
    "dispatch added": added("dispatch"),
    "dispatch killed behind a straggler": killed_behind_a_straggler,
    "worker killed": replaced(Process.kill, "worker", "prefork"),
    "worker stopped": replaced(Process.stop, "worker", "prefork"),
    "worker paused": paused("worker", "prefork"),
    "worker a zombie": paused_beyond_its_locks,
    "worker added": added("worker"),
    "worker's child killed": child_killed,
    "redis killed": server_killed("redis"),
    "redis paused": server_paused("redis"),
    "redis flushed": redis_flushed,
    "redis refuses": redis_refuses,
    "tasks doubled": queues(doubled),
    "tasks dropped": queues(dropped),
    "tasks reordered": queues(reordered),
    "tasks delayed": delayed,
    "ingest's clock jumps": clock_jumps("ingest"),
    "dispatch's clock jumps": clock_jumps("dispatch"),
    "worker's clock jumps": clock_jumps("worker"),
    "old rows deleted": old_rows_deleted,
    "kafka's quota narrow": narrow_quota,
    "kafka's input in a foreign open transaction": open_transaction,
    **ONE_NODE_DOWN,
}

_CONDITIONS = (("cut off", CUT), ("far away", SLOW), ("narrow", NARROW))

ON_ONE_NODE: Mapping[str, Injection] = {
    **EVERYWHERE,
    **{
        f"{server} {name}": network(conditions, server, *workers)
        for server, *workers in (("kafka",), ("cassandra", "workers' cassandra"), ("redis", "workers' redis"))
        for name, conditions in _CONDITIONS
    },
    "cassandra cut off from dispatch": network(CUT, "cassandra"),
    "cassandra cut off from workers": network(CUT, "workers' cassandra"),
    "redis cut off from dispatch": network(CUT, "redis"),
    "redis cut off from workers": network(CUT, "workers' redis"),
    **({f"{server} disk full": disk_full(server) for server in ("kafka", "cassandra")} if can_make_disks() else {}),
}

ON_A_CLUSTER: Mapping[str, Injection] = {
    **EVERYWHERE,
    **{
        f"{server} {name}": network(conditions, *roads)
        for server, *roads in (("kafka", "kafka-{}"), ("cassandra", "cassandra-{}", "cassandra-{}'s neighbours"))
        for name, conditions in _CONDITIONS
    },
    "cassandra cut off from its neighbours": network(CUT, "cassandra-{}'s neighbours"),
    "cassandra cut off from its clients": network(CUT, "cassandra-{}"),
}
"""Proxies stand between a node and its clients and neighbours; what the node sends to itself gets through."""
