"""Runs the console for the Procfile: `python3 -m console.beside chat-tasks console`.

The console's packages are an extra. Without them the console says so, and the pipeline runs without it.
"""

import sys

from chat_tasks.errors import ConfigurationError
from chat_tasks.honcho.bystander import Bystander, keep_running, prepare
from chat_tasks.log.setup import set_log_up
from chat_tasks.printable import printable
from chat_tasks.settings import settings

if __name__ == "__main__":
    try:
        found = settings()
        set_log_up(found, "console")
    except ConfigurationError as error:
        sys.stderr.write(printable(f"chat-tasks: {error}") + "\n")
        sys.exit(2)
    prepare()
    keep_running(Bystander("The console", sys.argv[1:], found.console_host, found.console_port))
