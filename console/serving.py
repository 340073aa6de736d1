"""Serves the console: watches the pipeline, and answers browsers."""

import uvicorn

from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings
from console.access.hosts import is_loopback
from console.access.roles import Role
from console.app import make_app
from console.watch import Watch

# Each open tab keeps one.
_MOST_CONNECTIONS = 500


def serve(settings: Settings) -> None:
    """Serve until the process is asked to end. Raises `ConfigurationError`."""
    passwords = passwords_of(settings)
    if not passwords and not is_loopback(settings.console_host):
        raise ConfigurationError(
            f"CHAT_CONSOLE_HOST is {settings.console_host}, which others can reach: set CHAT_CONSOLE_OPERATOR_PASSWORD"
        )
    watch = Watch(settings)
    watch.start()
    app = make_app(settings, watch, passwords, settings.console_host, settings.console_names)
    uvicorn.run(
        app,
        host=settings.console_host,
        port=settings.console_port,
        log_config=None,
        access_log=False,
        limit_concurrency=_MOST_CONNECTIONS,
    )


def passwords_of(settings: Settings) -> dict[Role, str]:
    """The passwords that are set, by the role that each opens."""
    secrets = {
        Role.VIEWER: settings.console_viewer_password,
        Role.READER: settings.console_reader_password,
        Role.OPERATOR: settings.console_operator_password,
    }
    return {role: secret.get_secret_value() for role, secret in secrets.items() if secret.get_secret_value()}
