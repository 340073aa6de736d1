"""`chat-tasks console`: serves the web console.

Nothing of the console is imported before it is asked for: the list of all commands is shown where it is not installed.
"""

import importlib

import click

from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings


@click.command()
def console() -> None:
    """Serve the web console until interrupted.

    By default it is at http://127.0.0.1:15556/, and for this machine only.
    """
    settings = Settings()
    try:
        serving = importlib.import_module("console.serving")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the console needs {error.name}, which is not installed: pip install 'chat-tasks[console]'"
        ) from error
    serving.serve(settings)
