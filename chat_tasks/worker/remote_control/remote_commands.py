"""Celery's remote commands: one of our own, and those that would hold the pipeline up.

By `about` a worker says what it is, for `chat-tasks doctor`. Of the others it says what to do instead.
Dispatch sends tasks to every queue, bounds how many are under way, and sends lost ones again. A worker that leaves a
queue out, limits the rate of tasks or ends them early stops conversations, some of them for good: a limited task is
held by its worker, even after the limit is taken back.
"""

import logging
import time
from typing import Any

import msgspec
from celery.worker.control import Panel
from celery.worker.state import reserved_requests

from chat_tasks.formats import tasks
from chat_tasks.settings import settings
from chat_tasks.version import VERSION
from chat_tasks.worker.remote_control.control import ABOUT, AboutWorker
from chat_tasks.worker.remote_control.in_hand import TaskInHand, task_in_hand

logger = logging.getLogger(__name__)

# More than a worker has at a time, unless its pool is enormous.
_TASKS_TOLD = 64

_REFUSED = {
    "add_consumer": "workers take tasks from the queues that CHAT_QUEUES counts, and dispatch sends to no other",
    "cancel_consumer": "the conversations of that queue would stand still; stop the worker instead",
    "rate_limit": "tasks would wait in the worker; CHAT_TASKS_PER_QUEUE bounds the tasks under way",
    "time_limit": "tasks would be cut off; dispatch sends a lost task again after CHAT_TASK_DEADLINE",
    "autoscale": "pool_grow and pool_shrink change the number of a worker's processes",
    "pool_restart": "restart the worker instead",
}


def _refuse(command: str, remedy: str) -> dict[str, str]:
    logger.warning(
        "the remote command %s is refused: %s",
        command,
        remedy,
        extra={"event": "remote_command_refused", "reason": remedy},
    )
    return {"error": f"refused: {remedy}"}


def _replace(command: str, remedy: str) -> None:
    Panel.data[command] = lambda _state, **_: _refuse(command, remedy)


def _shrink_but_not_to_nothing(state: Any, n: int = 1, **options: Any) -> Any:
    if n >= state.consumer.pool.num_processes:
        return _refuse("pool_shrink", "a worker keeps one process; stop the worker instead")
    return _pool_shrink(state, n, **options)


def _about(state: Any) -> dict[str, Any]:
    consumer, pool = state.consumer.task_consumer, state.consumer.pool
    about = AboutWorker(
        version=VERSION,
        task_version=tasks.VERSION,
        keyspace=settings().cassandra_keyspace,
        queues=[] if consumer is None else [queue.name for queue in consumer.queues],
        bucket_size=settings().bucket_size,
        log_partitions=settings().log_partitions,
        instance=settings().instance_name,
        processes=len(pool.info["processes"]),
        wanted_processes=pool.num_processes,
        can_change=hasattr(pool, "grow"),
        in_hand=[_in_hand(request) for request in list(reserved_requests)[:_TASKS_TOLD]],
    )
    document: dict[str, Any] = msgspec.to_builtins(about)
    return document


def _in_hand(request: Any) -> TaskInHand:
    # The safe form has the summary of the arguments in their place.
    told = request.info(safe=True)
    since, queue = told["time_start"], told["delivery_info"]["routing_key"]
    seconds = None if since is None else time.time() - since
    return task_in_hand(str(told["id"]), str(queue), str(told["args"]), seconds)


Panel.data[ABOUT] = _about
for _command, _remedy in _REFUSED.items():
    _replace(_command, _remedy)
_pool_shrink = Panel.data["pool_shrink"]
Panel.data["pool_shrink"] = _shrink_but_not_to_nothing
