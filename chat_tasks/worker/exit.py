"""How a worker ends: with its honcho, and its children soon after their last task, or at once to shrink the pool.

Before a child ends it waits until its parent has taken notice of all its results. After a lost connection to Redis the
parent has forgotten some results, and the child waited for thirty seconds. Nobody needs what our tasks return: their
results are in Redis by then.

`pool_shrink` takes children that have nothing to do, and sends each child one SIGTERM. But the whole process group gets
one SIGTERM too when it is to end, and children outlive that signal to finish their tasks
(`chat_tasks/worker/tasks.py`). So the children that the pool wanted to end did not end. They now get a SIGKILL. A task
that such a child has just been given is sent again by its dispatcher.
"""

import os
import signal
from contextlib import suppress

from billiard import pool
from billiard.process import BaseProcess
from celery.signals import worker_init

from chat_tasks.honcho.orphan import end_with_honcho

# The number of looks, a tenth of a second apart.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10


def _end_at_once(self: BaseProcess) -> None:
    self._controlled_termination = True
    if self._popen.poll() is None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


BaseProcess.terminate_controlled = _end_at_once


@worker_init.connect
def watch_honcho(**_: object) -> None:
    """End the worker, and with it its children, if the honcho that started it is gone."""
    end_with_honcho()
