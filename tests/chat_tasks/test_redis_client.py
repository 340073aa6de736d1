"""What Redis answers, in one line for people."""

import ssl
from pathlib import Path

import pytest
from kombu.exceptions import BatchPublishError
from redis.exceptions import AuthenticationError, ConnectionError, NoPermissionError, RedisError  # noqa: A004

from chat_tasks.redis_client import describe_redis_error
from chat_tasks.settings import Settings
from chat_tasks.worker.remote_control.control import control_app
from stack.security.certificates import Certificates

SETTINGS = Settings(redis_url="redis://ch%40t:secret@host:6380/0")


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def test_a_denial_names_the_user() -> None:
    assert describe_redis_error(SETTINGS, NoPermissionError("no 'set'")) == (
        "host:6380 denies ch@t: NoPermissionError: no 'set'"
    )
    assert describe_redis_error(Settings(redis_url="redis://host"), AuthenticationError("who?")) == (
        "host:6379 denies default: AuthenticationError: who?"
    )


def test_a_redis_that_is_away_denies_nothing() -> None:
    assert describe_redis_error(SETTINGS, ConnectionError("away")) == "host:6380: ConnectionError: away"


def test_the_cause_is_what_counts() -> None:
    error = caused(BatchPublishError("uncertain"), NoPermissionError("no 'lpush'"))
    assert describe_redis_error(SETTINGS, error) == "host:6380 denies ch@t: NoPermissionError: no 'lpush'"


def test_a_command_of_a_pipeline_is_not_quoted() -> None:
    error = RedisError("Command # 1 (EVAL \nif 1\n 1 chat:lock:{chat.00}:key) of pipeline caused error: no")
    assert describe_redis_error(SETTINGS, error) == "host:6380: RedisError: no"


def test_celery_shows_its_broker_without_password_and_has_nothing_to_complain_of(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    authority = Certificates(tmp_path / "with space & more").authority
    Certificates(authority.parent).server("redis")
    settings = Settings(redis_url="rediss://ch%40t:se%26cret@host:6380/0", redis_ca_location=str(authority))
    with control_app(settings) as app:
        shown = app.conf.table(censored=True)["broker_url"]
        options = app.connection_for_write().ssl
    assert shown == "rediss://ch%40t:********@host:6380/0"
    # So much as to say that it takes any certificate.
    assert caplog.text == ""
    assert options == {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
        "ssl_ca_certs": str(authority),
    }
