"""The checks, in the order in which their answers are shown."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bridge.commands.doctor import clocks, groups, held_up, names, servers, stored, workers
from bridge.commands.doctor.finding import Answer
from bridge.commands.doctor.servers import CASSANDRA, KAFKA, REDIS, Servers


class Check(NamedTuple):
    """A named question; `ask` blocks, and may raise anything.

    It is asked only if the servers that it `needs` answer. `remedy` is that of what it raises, and of failures without
    one of their own.
    """

    name: str
    ask: Callable[[Servers], Iterable[Answer]]
    needs: tuple[str, ...]
    remedy: str


_INIT = "`chat-tasks init`, which may be run at any time"

CHECKS = (
    Check("kafka", servers.about_kafka, (KAFKA,), "start Kafka, or mend CHAT_KAFKA_BOOTSTRAP_SERVERS"),
    Check("cassandra", servers.about_cassandra, (CASSANDRA,), "start Cassandra, or mend CHAT_CASSANDRA_…"),
    Check("redis", servers.about_redis, (REDIS,), "start Redis, or mend CHAT_REDIS_URL"),
    Check("clock of kafka", clocks.clock_of_kafka, (KAFKA,), _INIT),
    Check("clock of cassandra", clocks.clock_of_cassandra, (CASSANDRA,), "see cassandra"),
    Check("clock of redis", clocks.clock_of_redis, (REDIS,), "see redis"),
    Check("stored settings", stored.stored_settings, (CASSANDRA,), "as it says"),
    Check("tables", stored.tables, (CASSANDRA,), "ALTER the table or keyspace, or set the variable, as it says"),
    Check("task key", stored.task_key, (KAFKA, CASSANDRA), _INIT),
    Check("topics", stored.topics, (KAFKA,), _INIT),
    Check("brokers", stored.brokers, (KAFKA,), "set it on the brokers"),
    Check("positions", stored.positions, (KAFKA, CASSANDRA), "stop the bridges and choose, as it says"),
    Check("rows", stored.rows, (KAFKA, CASSANDRA), "`chat-tasks verify`, then as it says"),
    Check("ingest", groups.ingest, (KAFKA,), _INIT),
    Check("dispatch", groups.dispatch, (KAFKA,), _INIT),
    Check("instance names", names.instance_names, (KAFKA,), "see kafka"),
    Check("dispatchers", names.dispatchers, (KAFKA, REDIS), "see redis"),
    Check("queue names", workers.queue_names, (REDIS,), "see redis"),
    Check("workers", workers.workers, (REDIS,), "see redis"),
    Check("tasks", workers.tasks_of_others, (REDIS, CASSANDRA), _INIT),
    Check("transactions", held_up.transactions, (KAFKA,), "see kafka"),
    Check("quarantine", held_up.quarantine, (CASSANDRA,), _INIT),
    Check("dead letters", held_up.dead_letters, (KAFKA,), _INIT),
)
