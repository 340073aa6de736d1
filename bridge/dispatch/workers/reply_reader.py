"""Reads the workers' replies from the assignment's own list in Redis, in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from redis import RedisError, ResponseError

from bridge.dispatch.workers.events import Replies
from bridge.loop.events import Failed
from chat_tasks.backoff import Backoff
from chat_tasks.log_rate.news import News
from chat_tasks.redis_client import connect_redis, describe_redis_error
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_BLOCK_SECONDS = 1
_REPLIES_AT_ONCE = 100


class ReplyReader:
    """Posts the replies to one assignment as `Replies`.

    `Dispatch` makes a reader for each assignment, and closes it when the assignment ends. The connection to Redis is
    used in the reader's thread only. Each assignment has a list of its own, so a reply to an earlier assignment is
    never read. If Redis fails, the reader tries again after a backoff. `TaskSender` reports a Redis that is away; the
    reader logs only what Redis answers in place of a reply.
    """

    def __init__(self, settings: Settings, list_name: str, post: Callable[[object], None]) -> None:
        self.list_name = list_name
        self._settings = settings
        self._post = post
        self._redis = connect_redis(settings)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reply reader", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread within about a second; returns at once."""
        self._stopping.set()

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it: nobody reads any more
            self._post(Failed(error))
        finally:
            self._redis.connection_pool.disconnect()

    def _read(self) -> None:
        backoff, failures, news = Backoff(first=0.05, longest=0.5), 0, News()
        while not self._stopping.is_set():
            try:
                first: Any = self._redis.blpop([self.list_name], timeout=_BLOCK_SECONDS)
                if first is not None:
                    more: Any = self._redis.lpop(self.list_name, _REPLIES_AT_ONCE)
                    self._post(Replies(self.list_name, [first[1], *(more or ())]))
                failures = 0
            except RedisError as error:
                reason = describe_redis_error(self._settings, error)
                if isinstance(error, ResponseError) and news.is_news(reason):
                    logger.warning(
                        "replies of workers cannot be read: Redis: %s",
                        reason,
                        extra={"event": "replies_unreadable", "dependency": "redis", "reason": reason},
                    )
                failures += 1
                self._stopping.wait(backoff.delay(failures))
