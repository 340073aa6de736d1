"""A connection to Redis with time-outs: a paused server must look like one that is down, and must not block us."""

from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chat_tasks.settings import Settings


def connect_redis(settings: Settings) -> Redis:
    """A client that connects on first use.

    A command raises `redis.RedisError` within seconds if the server does not answer.
    """
    return Redis.from_url(
        settings.redis_url,
        socket_timeout=5,
        socket_connect_timeout=5,
        socket_keepalive=True,
        health_check_interval=10,
        # A command that the client tried again unseen would hide that Redis was gone for a moment.
        retry=Retry(NoBackoff(), 0),
    )


def describe_redis_error(settings: Settings, error: Exception) -> str:
    """The server and the reason in one line for people. The URL's password is left out."""
    url = urlsplit(settings.redis_url)
    server = f"{url.hostname}:{url.port or 6379}" if url.hostname else url.path
    return f"{server}: {type(error).__name__}: {error}"
