"""Threads and clients of dispatch end as they should, also if something that nobody expected has happened."""

from queue import SimpleQueue

import pytest
from cassandra.cluster import Session
from redis import Redis

from bridge.dispatch.counts import DispatchCounts
from bridge.dispatch.handler import Dispatch
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.servers.cluster import Cluster
from bridge.dispatch.workers.events import Replies
from bridge.dispatch.workers.reply_reader import ReplyReader
from bridge.loop.events import Failed
from chat_tasks.health.dependencies import Dependencies
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_a_handler_that_never_started_can_be_closed_and_closes_its_consumer(deploy: Deploy, cassandra: Session) -> None:
    settings = deploy().settings
    cluster = Cluster(settings, cassandra, output_partitions=3, block_partitions=3)
    Dispatch(settings, cluster, ProcessState(DispatchCounts(settings)), Dependencies()).close()

    def is_closed() -> bool:
        try:
            cluster.published("digest")
        except RuntimeError as error:
            return "closed" in str(error)
        return False

    assert wait_until(is_closed, PATIENCE_SECONDS)


def test_a_reader_of_replies_that_breaks_is_told(deploy: Deploy) -> None:
    settings = deploy().settings
    posted: SimpleQueue[object] = SimpleQueue()

    def post(event: object) -> None:
        if isinstance(event, Replies):
            raise ZeroDivisionError
        posted.put(event)

    with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        redis.rpush("replies", b"any")
    ReplyReader(settings, "replies", post).start()
    failed = posted.get(timeout=PATIENCE_SECONDS)
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ZeroDivisionError)
