"""A worker's connection to Redis, which is tried again within two seconds; by default within half a minute."""

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection


class QuickConnection(Connection):
    """Waits a quarter of a second after the first failure, a quarter longer each time, two seconds at most."""

    def ensure_connection(self, *arguments: Any, **chosen: Any) -> Any:
        """Connect as kombu does, with shorter waits."""
        intervals = {"interval_start": 0.25, "interval_step": 0.25, "interval_max": 1.75}
        return super().ensure_connection(*arguments, **{**intervals, **chosen})  # type: ignore[no-untyped-call]


class QuickAMQP(AMQP):  # type: ignore[misc]
    """Celery's maker of connections, with the quick ones."""

    Connection = QuickConnection
