"""A worker's child ends within a second of its last task.

Before it ends it waits until its parent has taken notice of all its results. After a lost connection to Redis the
parent has forgotten some, and the child waited for thirty seconds. What our tasks return is of no interest to
anybody: their results are in Redis by then.
"""

from billiard import pool

pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10
"""Times that it looks, a tenth of a second apart."""
