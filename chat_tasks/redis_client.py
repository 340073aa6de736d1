"""A connection to Redis with time-outs: a paused server must look like one that is down, and must not block us."""

import re
import ssl
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.retry import Retry

from chat_tasks.settings import Settings

_DENIALS = (AuthenticationError, NoPermissionError)
# The client quotes the command of a pipeline that failed, which may hold conversations' keys.
_PIPELINED = re.compile(r"^Command # \d+ \(.*\) of pipeline caused error: ", re.DOTALL)


def connect_redis(settings: Settings) -> Redis:
    """A client that connects on first use.

    A command raises `redis.RedisError` within seconds if the server does not answer.
    """
    return Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=5,
        socket_connect_timeout=5,
        socket_keepalive=True,
        health_check_interval=10,
        **(redis_tls(settings) or {}),
        # A command that the client tried again unseen would hide that Redis was gone for a moment.
        retry=Retry(NoBackoff(), 0),
    )


def redis_tls(settings: Settings) -> dict[str, Any] | None:
    """What Redis' client, kombu and Flower call the options of TLS; None without TLS."""
    if not settings.redis_url.get_secret_value().startswith("rediss://"):
        return None
    files = settings.redis_tls_files
    return {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
        "ssl_ca_certs": files.authority or None,
        "ssl_certfile": files.certificate or None,
        "ssl_keyfile": files.key or None,
    }


def broker_url(settings: Settings) -> str:
    """The URL of Redis for kombu, password and options of TLS included.

    By default kombu takes any certificate, and Celery makes connections from the URL alone too: to show it without its
    password.
    """
    url = settings.redis_url.get_secret_value()
    options = {name: value for name, value in (redis_tls(settings) or {}).items() if value is not None}
    if not options:
        return url
    return f"{url}?{urlencode({**options, 'ssl_cert_reqs': options['ssl_cert_reqs'].name})}"


def describe_redis_error(settings: Settings, error: Exception) -> str:
    """The server and the reason in one line for people, and the user if Redis denies something to it.

    The URL's password is left out.
    """
    # kombu wraps some errors, and says nothing of the reason.
    reason = error.__cause__ if isinstance(error.__cause__, RedisError) else error
    url = urlsplit(settings.redis_url.get_secret_value())
    server = f"{url.hostname}:{url.port or 6379}"
    denies = f" denies {unquote(url.username or 'default')}" if isinstance(reason, _DENIALS) else ""
    return f"{server}{denies}: {type(reason).__name__}: {_PIPELINED.sub('', str(reason))}"
