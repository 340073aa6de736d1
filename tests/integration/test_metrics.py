"""Each metric is moved by what it measures, on real servers; docs/metrics.md lists them."""

from collections import Counter

import pytest
from cassandra.cluster import Session
from redis import Redis

from bridge.commands.latest import request_latest
from bridge.kafka.headers import headers_of
from bridge.records.dead_letter_counts import stage_and_reason
from bridge.records.dead_letters import read_dead_letter_headers
from chat_tasks.conversation.routing import queue_name, queue_of
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from chat_tasks.storage.quarantine import QuarantineTable
from stack.pipeline.sender import new_sender
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers
from tests.integration.test_quarantine import SICK, messages_of
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, read_topic, send, some_messages, stored_rows
from tests.pipeline.deployment import Deploy, Deployment
from tests.pipeline.scraped import Metrics

pytestmark = pytest.mark.servers


def start(deployment: Deployment, name: str) -> Metrics:
    """Start this process; returns what it shows."""
    port = free_port()
    deployment.start(name, CHAT_HTTP_PORT=str(port))
    return Metrics(port)


def test_each_metric_is_moved_by_what_it_measures(deploy: Deploy, cassandra: Session, servers: Servers) -> None:
    deployment = deploy(
        records_in_flight=100,
        task_records=20,
        tasks_per_queue=1,
        task_deadline=0.2,
        cassandra_timeout=1.0,
        transaction_timeout=3.0,
    )
    settings = deployment.settings
    ingest, dispatch = start(deployment, "ingest.1"), start(deployment, "dispatch.1")
    assert dispatch.values("build_info") == ingest.values("build_info") == [1]
    dispatch.wait_equal(settings.log_partitions, "assigned_partitions", topic=settings.log_topic)
    assert dispatch.total("loop_starts_total", reason="start") == dispatch.total("loop_starts_total") == 1

    messages = some_messages(300, 30)
    _without_workers(settings, ingest, dispatch, messages)
    _lost_and_forgotten(settings, dispatch)
    worker = start(deployment, "prefork.1")
    assert worker.values("build_info") == [1]
    more = some_messages(200, 30, seed=1)
    send(settings, more)
    read_outputs(settings, [*messages, *more])
    _drained(settings, ingest, dispatch, 500)
    _requests(settings, dispatch)
    _letters(settings, cassandra, ingest, dispatch)
    _held_lock(settings, dispatch)
    _servers_away(settings, servers, ingest, dispatch)
    _without_a_worker_again(settings, cassandra, deployment, dispatch)
    _rebalance(settings, deployment, dispatch)


def _without_workers(settings: Settings, ingest: Metrics, dispatch: Metrics, messages: list[InstantMessage]) -> None:
    send(settings, messages)
    # A rebalance, as on a machine with much else to do, delivers again what is not committed.
    ingest.wait_above(299, "consumed_records_total", topic=settings.message_topic)
    assert ingest.total("consumed_bytes_total") > 300 * 50
    ingest.wait_equal(300, "published_records_total", topic=settings.log_topic)
    assert ingest.total("transactions_total", outcome="committed") >= 1
    for phase in ("produce", "offsets", "commit"):
        assert ingest.total("transaction_duration_seconds_count", phase=phase) >= 1
    dispatch.wait_above(99, "in_flight_records")
    assert dispatch.total("in_flight_bytes") > 99 * 50
    assert dispatch.total("in_flight_limit_records") == 100
    assert dispatch.total("in_flight_limit_bytes") == settings.bytes_in_flight
    assert dispatch.total("unfinished_records", topic=settings.log_topic) > 99
    dispatch.wait_above(0, "oldest_unfinished_age_seconds", topic=settings.log_topic)
    dispatch.wait_above(0, "outstanding_tasks", kind="append")
    dispatch.wait_above(0, "oldest_task_age_seconds")
    dispatch.wait_above(0, "queue_tasks")
    assert dispatch.total("conversations", state="in_flight") > 0
    # One task of twenty records is under way in each queue.
    dispatch.wait_above(0, "conversations", state="ready")
    assert dispatch.total("largest_conversation_records") > 1
    # Partitions are paused at a hundred records, so the next ones wait in Kafka.
    dispatch.wait_equal(settings.log_partitions, "paused_partitions", reason="in_flight")
    dispatch.wait_for(lambda served: served < settings.queues, "queue_served")


def _lost_and_forgotten(settings: Settings, dispatch: Metrics) -> None:
    with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        redis.delete(*(queue_name(settings.redis_prefix, queue) for queue in range(settings.queues)))
        dispatch.wait_above(0, "tasks_total", outcome="lost")
        redis.flushdb()
        dispatch.wait_above(0, "tasks_total", outcome="forgotten")


def _drained(settings: Settings, ingest: Metrics, dispatch: Metrics, sent: int) -> None:
    """Nothing waits any more: there is no lag, although the log has more offsets than records were sent."""
    for metrics in (ingest, dispatch):
        metrics.wait_equal(0, "unfinished_records")
        metrics.wait_equal(0, "oldest_unfinished_age_seconds")
        metrics.wait_equal(0, "lag_records")
    assert len(dispatch.values("lag_records")) == settings.log_partitions + settings.topic_partitions
    dispatch.wait_equal(sent, "published_records_total", topic=settings.output_topic)
    dispatch.wait_equal(0, "oldest_task_age_seconds")
    dispatch.wait_above(sent, "log_retained_records")
    for name, least in (("publish_duration_seconds_count", 1), ("end_to_end_duration_seconds_count", 1)):
        assert dispatch.total(name) >= least
    assert dispatch.total("queue_served") == settings.queues
    assert dispatch.total("paused_partitions") == dispatch.total("in_flight_records") == 0
    assert dispatch.total("tasks_total", kind="append", outcome="answered") >= 1
    for name in ("task_records_count", "task_wait_seconds_count", "task_duration_seconds_count"):
        assert dispatch.total(name, kind="append") >= 1
    assert dispatch.total("answers_total", answer="done", kind="append") >= 20
    assert dispatch.total("rows_written_total") == sent
    assert dispatch.total("heads_total", source="read") >= 20
    assert dispatch.total("heads_total", source="carried") > 0
    assert dispatch.total("locks_total", result="taken") >= 20
    for operation in ("locks", "heads", "rows"):
        assert dispatch.total("storage_seconds_total", operation=operation) > 0
        assert dispatch.total("storage_requests_total", operation=operation, outcome="succeeded") > 0
    assert 0 < dispatch.total("commit_metadata_used_ratio") / settings.log_partitions < 0.1


def _requests(settings: Settings, dispatch: Metrics) -> None:
    dispatch.wait_equal(1, "requests_open")
    request_latest(settings, "c-0", 10, None, PATIENCE_SECONDS)
    producer = new_sender(settings)
    producer.produce(settings.request_topic, b'{"conversationKey":"c-0","numMsgs":-1}')
    producer.flush()
    dispatch.wait_equal(1, "latest_requests_total", outcome="answered")
    dispatch.wait_equal(1, "latest_requests_total", outcome="dead_letter")
    assert dispatch.total("answers_total", answer="done", kind="latest") == 1
    assert dispatch.total("storage_requests_total", operation="history", outcome="succeeded") >= 1


def _letters(settings: Settings, cassandra: Session, ingest: Metrics, dispatch: Metrics) -> None:
    """Refused records are counted by closed reasons, in the process that wrote their letters."""
    producer = new_sender(settings)
    for value in (b"", b"{}", b'{"conversationKey":"","sender":"a","recipients":[],"body":"b"}', b"\xff"):
        producer.produce(settings.message_topic, value)
    producer.produce(settings.log_topic, b"hello", partition=0)
    producer.flush()
    ingest.wait_equal(4, "dead_letters_total", stage="VALUE_CONVERTER")
    dispatch.wait_equal(1, "dead_letters_total", stage="CONSUME", reason="foreign")
    # A row that nobody can have written is in the place of the conversation's first message.
    row = stored_rows(cassandra, settings)["c-0"][0]
    cassandra.execute(
        f"INSERT INTO {settings.cassandra_keyspace}.messages (conversation_key, bucket, seq, sender, body, log_id, "
        "log_offset) VALUES (%s, 0, 0, 'nobody', 'nothing', %s, 1000000000) USING TIMESTAMP 1",
        (SICK, row.log_id),
    )
    send(settings, messages_of(2, "unwell"))
    dispatch.wait_equal(2, "dead_letters_total", stage="APPEND", reason="quarantined")
    assert dispatch.total("answers_total", answer="refused", reason="rows") == 1
    assert dispatch.total("conversations", state="quarantined") == 1
    letters = read_topic(settings, settings.dead_letter_topic, 8)
    told = [read_dead_letter_headers(headers_of(letter)) for letter in letters]
    counted = Counter(
        labels for letter in told if letter is not None and (labels := stage_and_reason(letter)) is not None
    )
    for (stage, reason), count in counted.items():
        shown = ingest.total("dead_letters_total", stage=stage, reason=reason)
        assert shown + dispatch.total("dead_letters_total", stage=stage, reason=reason) == count


def _held_lock(settings: Settings, dispatch: Metrics) -> None:
    queue = queue_name(settings.redis_prefix, queue_of(b"locked", settings.queues))
    with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        redis.set(f"{settings.redis_prefix}:lock:{{{queue}}}:locked", "99999999999999:other", px=2000)
    [message] = some_messages(1, 1, tag="x")
    send(settings, [message.model_copy(update={"conversationKey": "locked"})])
    dispatch.wait_above(0, "answers_total", answer="busy", reason="lock")
    dispatch.wait_above(0, "locks_total", result="refused")
    dispatch.wait_equal(0, "unfinished_records")


def _servers_away(settings: Settings, servers: Servers, ingest: Metrics, dispatch: Metrics) -> None:
    for metrics in (ingest, dispatch):
        metrics.wait_equal(1, "dependency_up", dependency="kafka")
    dispatch.wait_equal(3, "dependency_up")
    servers.cassandra.pause()
    try:
        send(settings, some_messages(20, 5, seed=2))
        dispatch.wait_above(0, "storage_requests_total", operation="rows", outcome="failed")
        dispatch.wait_above(0, "answers_total", answer="retry", reason="cassandra")
        dispatch.wait_equal(0, "dependency_up", dependency="cassandra")
        dispatch.wait_above(0, "conversations", state="backoff")
    finally:
        servers.cassandra.resume()
    dispatch.wait_equal(0, "unfinished_records")
    servers.redis.pause()
    try:
        dispatch.wait_equal(0, "dependency_up", dependency="redis")
    finally:
        servers.redis.resume()
    dispatch.wait_equal(1, "dependency_up", dependency="redis")
    servers.kafka.pause()
    try:
        for metrics in (ingest, dispatch):
            metrics.wait_above(0, "transactions_total", outcome="failed")
            metrics.wait_equal(0, "dependency_up", dependency="kafka")
    finally:
        servers.kafka.resume()
    for metrics in (ingest, dispatch):
        metrics.wait_above(0, "loop_starts_total", reason="server")
        metrics.wait_equal(1, "dependency_up", dependency="kafka")


def _without_a_worker_again(settings: Settings, cassandra: Session, deployment: Deployment, dispatch: Metrics) -> None:
    """A release that was requested goes on and on, and requests wait until there are too many."""
    [worker] = [process for process in deployment.processes if process.name == "prefork.1"]
    worker.kill()
    dispatch.wait_equal(1, "conversations", state="quarantined")
    QuarantineTable(cassandra, settings.cassandra_keyspace, settings.log_partitions).request_release(SICK)
    dispatch.wait_equal(1, "conversations", state="releasing")
    producer = new_sender(settings)
    for _ in range(2_100):
        producer.produce(settings.request_topic, b'{"conversationKey":"c-0","numMsgs":1}')
    producer.flush()
    dispatch.wait_equal(settings.topic_partitions, "paused_partitions", reason="requests")


def _rebalance(settings: Settings, deployment: Deployment, dispatch: Metrics) -> None:
    """The series of a partition are where the partition is."""
    topics = (settings.log_topic, settings.request_topic)
    everything = {(topic, str(number)) for topic in topics[:1] for number in range(settings.log_partitions)}
    everything |= {(topic, str(number)) for topic in topics[1:] for number in range(settings.topic_partitions)}
    dispatch.wait_equal(len(everything), "assigned_partitions")
    before = dispatch.total("rebalances_total")
    other = start(deployment, "dispatch.2")
    other.wait_above(0, "assigned_partitions")
    assert dispatch.total("rebalances_total") > before

    def labels(metrics: Metrics, name: str) -> set[tuple[str, str]]:
        found = (dict(labels) for mine, labels in metrics.series() if mine == name)
        return {(one.get("topic", settings.log_topic), one["partition"]) for one in found}

    dispatch.wait_for(
        lambda owned: owned + other.total("assigned_partitions") == len(everything), "assigned_partitions"
    )
    mine, others = labels(dispatch, "unfinished_records"), labels(other, "unfinished_records")
    assert mine | others == everything
    assert not mine & others
    for name in ("oldest_unfinished_age_seconds", "lag_records", "commit_metadata_used_ratio", "log_retained_records"):
        assert labels(dispatch, name) <= mine
        assert labels(other, name) <= others
