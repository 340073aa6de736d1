"""Celery's remote commands that would hold the pipeline up: a worker refuses them and says what to do instead.

Dispatch sends tasks to every queue, bounds how many are under way, and sends lost ones again. A worker that leaves a
queue out, limits the rate of tasks or ends them early stops conversations, some of them for good: a limited task is
held by its worker, even after the limit is taken back.
"""

import logging
from typing import Any

from celery.worker.control import Panel

logger = logging.getLogger(__name__)

_REFUSED = {
    "add_consumer": "workers take tasks from the queues that CHAT_QUEUES counts, and dispatch sends to no other",
    "cancel_consumer": "the conversations of that queue would stand still; stop the worker instead",
    "rate_limit": "tasks would wait in the worker; CHAT_TASKS_PER_QUEUE bounds the tasks under way",
    "time_limit": "tasks would be cut off; dispatch sends a lost task again after CHAT_TASK_DEADLINE",
    "autoscale": "pool_grow and pool_shrink change the number of a worker's processes",
    "pool_restart": "restart the worker instead",
}


def _refuse(command: str, remedy: str) -> dict[str, str]:
    logger.warning("the remote command %s is refused: %s", command, remedy)
    return {"error": f"refused: {remedy}"}


def _replace(command: str, remedy: str) -> None:
    Panel.data[command] = lambda _state, **_: _refuse(command, remedy)


def _shrink_but_not_to_nothing(state: Any, n: int = 1, **options: Any) -> Any:
    if n >= state.consumer.pool.num_processes:
        return _refuse("pool_shrink", "a worker keeps one process; stop the worker instead")
    return _pool_shrink(state, n, **options)


for _command, _remedy in _REFUSED.items():
    _replace(_command, _remedy)
_pool_shrink = Panel.data["pool_shrink"]
Panel.data["pool_shrink"] = _shrink_but_not_to_nothing
