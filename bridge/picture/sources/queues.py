"""How many tasks wait in each Celery queue: asks Redis."""

from redis import RedisError

from chat_tasks.conversation.routing import queue_name
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.redis_client import connect_redis, describe_redis_error
from chat_tasks.settings import Settings


class Queues:
    """Asks for the lengths of the queues. A source owns it and calls it in its thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redis = connect_redis(settings)
        self._names = [queue_name(settings.redis_prefix, queue) for queue in range(settings.queues)]

    def __call__(self) -> dict[str, int]:
        """The number of waiting tasks of each queue, by its name. Raises `DependencyUnavailable`."""
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for name in self._names:
                    pipeline.llen(name)
                return dict(zip(self._names, pipeline.execute(), strict=True))
        except RedisError as error:
            raise DependencyUnavailable(f"Redis: {describe_redis_error(self._settings, error)}") from error
