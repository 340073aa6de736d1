"""Sends tasks to Celery's queues and watches whether Redis keeps its data, in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue

from kombu import Connection, Producer
from kombu.exceptions import BatchPublishError, OperationalError
from redis import Redis, RedisError

from bridge.dispatch.work import OutgoingTask
from bridge.dispatch.workers.events import LookedFor, RedisBack, RedisLost, Sent
from bridge.loop.events import Failed
from chat_tasks.backoff import Backoff
from chat_tasks.celery_app import app
from chat_tasks.conversation.routing import queue_name
from chat_tasks.formats.celery_body import TASK_CONTENT_TYPE
from chat_tasks.formats.seal import Seal
from chat_tasks.redis_client import broker_url, connect_redis, describe_redis_error
from chat_tasks.settings import Settings
from chat_tasks.tracing.spans import ending

logger = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 0.25
_HEARTBEAT_LIFETIME = 60
_COUNT_SECONDS = 1.0
# In kombu's JSON headers and properties follow the body. They are short, so the task's id is in the last bytes.
_TAIL_BYTES = 4096
_LOOK_FOR = f"""
local found = {{}}
for _, queue in ipairs(KEYS) do
  for _, item in ipairs(redis.call('LRANGE', queue, 0, -1)) do
    local tail = string.sub(item, -{_TAIL_BYTES})
    for index, id in ipairs(ARGV) do
      if string.find(tail, '"' .. id .. '"', 1, true) then found[#found + 1] = id end
    end
  end
end
return found
"""


class TaskSender:
    """Sends tasks, looks for overdue ones, and tells whether Redis answers.

    `Dispatch` owns the sender, and closes it when the loop ends. `send`, `look_for` and `close` are called in the
    loop's thread; the connections are used in the sender's thread. It posts `Sent`, `LookedFor`, `RedisLost` and
    `RedisBack`, and begins with a `RedisBack` as soon as Redis answers. After a failure of Redis, commands that wait
    are dropped, and dispatch plans their records again. Any other exception is posted as `Failed`. Any thread may read
    `waiting`, the number of tasks that were in each queue a second ago, as far as Redis tells.

    A flushed or restarted Redis need not break a connection visibly. So the sender keeps a counter in Redis. If the
    counter is absent or behind, Redis has forgotten data.
    """

    def __init__(self, settings: Settings, post: Callable[[object], None]) -> None:
        self._settings = settings
        self._post = post
        self._commands: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._redis: Redis = connect_redis(settings)
        self._connection = Connection(broker_url(settings), transport_options=app.conf.broker_transport_options)
        self._heartbeat_key = f"{settings.redis_prefix}:heartbeat:{settings.instance_name}:{time.time_ns()}"
        self._beats = 0
        self._failures = 0
        self._count_at = 0.0
        self.waiting: Mapping[str, int] = {}
        self._producer: Producer | None = None
        self._thread = threading.Thread(target=self._run, name="task sender", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread soon; commands sent before are still carried out if Redis answers."""
        self._commands.put(None)

    def send(self, tasks: Sequence[OutgoingTask], seal: Seal) -> None:
        """Seal these tasks and put them into their queues, in order; returns at once."""
        self._commands.put(lambda: self._send(tasks, seal))

    def look_for(self, tasks: Sequence[OutgoingTask]) -> None:
        """Ask which of these tasks still wait in their queues; returns at once."""
        self._commands.put(lambda: self._look_for(tasks))

    def _run(self) -> None:
        backoff, lost = Backoff(first=0.1, longest=1.0), ""
        while True:
            try:
                self._connect()
                self._post(RedisBack())
                lost = ""
                self._serve()
            except (RedisError, OperationalError, BatchPublishError, OSError) as error:
                reason = describe_redis_error(self._settings, error)
                if reason != lost:
                    self._post(RedisLost(reason))
                lost = reason
                self._failures += 1
                if self._drop_commands(backoff.delay(self._failures)):
                    return
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it
                self._post(Failed(error))
                return
            else:
                return
            finally:
                self._disconnect()

    def _connect(self) -> None:
        self._beats = 0
        self._beat()
        self._producer = self._connection.Producer(auto_declare=False)

    def _disconnect(self) -> None:
        self._producer = None
        self.waiting = {}
        self._connection.release()
        self._redis.connection_pool.disconnect()

    def _serve(self) -> None:
        next_beat = time.monotonic() + _HEARTBEAT_SECONDS
        while True:
            try:
                command = self._commands.get(timeout=max(0.0, next_beat - time.monotonic()))
            except Empty:
                self._beat()
                next_beat = time.monotonic() + _HEARTBEAT_SECONDS
                if next_beat >= self._count_at:
                    self._count_at = next_beat + _COUNT_SECONDS
                    self._count()
                continue
            if command is None:
                return
            command()
            # A Redis that takes the heartbeat may still refuse tasks.
            self._failures = 0

    def _beat(self) -> None:
        """Raise `RedisError` if this Redis does not have the counter of the last beat."""
        previous = self._redis.set(self._heartbeat_key, self._beats + 1, ex=_HEARTBEAT_LIFETIME, get=True)
        expected = str(self._beats).encode() if self._beats else None
        self._beats += 1
        if previous != expected and expected is not None:
            raise RedisError("Redis has lost its data")

    def _count(self) -> None:
        queues = [queue_name(self._settings.redis_prefix, queue) for queue in range(self._settings.queues)]
        pipeline = self._redis.pipeline(transaction=False)
        for queue in queues:
            pipeline.llen(queue)
        # A count that Redis refuses is only missing from the metrics: tasks do not depend on it.
        answers = zip(queues, pipeline.execute(raise_on_error=False), strict=True)
        self.waiting = {queue: answer for queue, answer in answers if isinstance(answer, int)}

    def _queue_of(self, task: OutgoingTask) -> str:
        return queue_name(self._settings.redis_prefix, task.queue)

    def _send(self, tasks: Sequence[OutgoingTask], seal: Seal) -> None:
        producer = self._producer
        assert producer is not None
        with ending([task.span for task in tasks]), producer.batch():
            for task in tasks:
                message = app.amqp.as_task_v2(
                    task.task_id, task.name, argsrepr=task.summary, kwargsrepr="{}", ignore_result=True
                )
                # With an empty `exchange` kombu puts the task straight into the list of that name. An exchange would
                # need bindings, which a flushed Redis has forgotten.
                queue = self._queue_of(task)
                producer.publish(
                    seal.close(queue, task.body),
                    exchange="",
                    routing_key=queue,
                    content_type=TASK_CONTENT_TYPE,
                    content_encoding="binary",
                    headers=message.headers,
                    **message.properties,
                )
        self._post(Sent(tasks))

    def _look_for(self, tasks: Sequence[OutgoingTask]) -> None:
        queues = sorted({self._queue_of(task) for task in tasks})
        asked = [task.task_id for task in tasks]
        found = self._redis.eval(_LOOK_FOR, len(queues), *queues, *asked)
        assert isinstance(found, list)
        self._post(LookedFor(asked, [task_id.decode() for task_id in found]))

    def _drop_commands(self, seconds: float) -> bool:
        """Wait that long, and drop all commands meanwhile; returns whether the sender was closed.

        Dispatch plans the dropped tasks again.
        """
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            try:
                if self._commands.get(timeout=remaining) is None:
                    return True
            except Empty:
                return False
        return False
