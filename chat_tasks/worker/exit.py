"""How a worker's children end: within a second of their last task, and at once where the pool is to have fewer.

Before a child ends it waits until its parent has taken notice of all its results. After a lost connection to Redis the
parent has forgotten some, and the child waited for thirty seconds. What our tasks return is of no interest to
anybody: their results are in Redis by then.

`pool_shrink` takes children that have nothing to do, and sends each a SIGTERM. But that, once, is what the whole
process group gets when it is to end, and children outlive it for the sake of their tasks
(`chat_tasks/worker/tasks.py`): so they did not go. What one might just have been given is sent again by its dispatcher.
"""

import os
import signal
from contextlib import suppress

from billiard import pool
from billiard.process import BaseProcess

# Times that it looks, a tenth of a second apart.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10


def _end_at_once(self: BaseProcess) -> None:
    self._controlled_termination = True
    if self._popen.poll() is None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


BaseProcess.terminate_controlled = _end_at_once
