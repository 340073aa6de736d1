"""`chat-tasks health`: what a process says of itself, for people and for health checks."""

import http.client
from typing import Any

import click
import orjson

from bridge.terminal import show_line
from chat_tasks.errors import ConfigurationError, DependencyUnavailable
from chat_tasks.http.client import get
from chat_tasks.settings import Settings

_SECONDS = 10.0
_ALL_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@click.command()
@click.argument("process", type=click.Choice(["ingest", "dispatch", "worker"]))
@click.option("--live", is_flag=True, help="Ask only whether the process hangs, so that a restart would help.")
def health(process: str, live: bool) -> None:
    """Ask the PROCESS at CHAT_HTTP_PORT whether it is ready.

    Exit code 2 if it is not. CHAT_HTTP_HOST says where it is. No server is asked: the process says what it knows.
    Partitions that an open transaction holds back are named.
    """
    settings = Settings()
    if not settings.http_port:
        raise ConfigurationError("CHAT_HTTP_PORT is not set: it says where the process answers")
    document = ask(settings, "/livez" if live else "/readyz")
    if document["process"] != process:
        raise ConfigurationError(f"at port {settings.http_port} answers {document['process']}: see CHAT_HTTP_PORT")
    if document["troubles"]:
        raise DependencyUnavailable(f"{process} is {document['status']}: {'; '.join(document['troubles'])}")
    show_line(document["status"])
    # The process is well, so the exit code stays 0: starting it again would end nobody else's transaction.
    for one in document.get("held_back", ()):
        show_line(f"but {one}")


def ask(settings: Settings, path: str) -> dict[str, Any]:
    """The process's answer to a probe. Raises `DependencyUnavailable`."""
    host, port = _ALL_ADDRESSES.get(settings.http_host, settings.http_host), settings.http_port
    try:
        document: dict[str, Any] = orjson.loads(get(host, port, path, _SECONDS).body)
    except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
        raise DependencyUnavailable(f"no answer at {host} port {port}: {error}") from error
    else:
        return document
