"""Runs Flower for the Procfile.

Flower by itself asks for no password. It shows what workers hold, and its buttons stop workers. So it is started only
with a password, and without its buttons unless somebody wants them.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chat_tasks.environment import variables
from chat_tasks.errors import ConfigurationError
from chat_tasks.honcho.bystander import Bystander, keep_running, prepare, stay_away
from chat_tasks.log.setup import set_log_up
from chat_tasks.printable import printable
from chat_tasks.setting_variables import read_secret
from chat_tasks.settings import settings

_LOGIN = "FLOWER_BASIC_AUTH"
_LOGIN_FILE = "FLOWER_BASIC_AUTH_FILE"
# By Google, GitHub and others.
_OTHER_LOGIN = "FLOWER_AUTH"


def run(command: Sequence[str]) -> None:
    """Run `command`, which starts Flower at its `--address` and `--port`, until a SIGTERM."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    given, _ = parser.parse_known_args(command)
    prepare()
    try:
        environment = flower_environment(variables())
    except ConfigurationError as error:
        stay_away("Flower", str(error))
    keep_running(Bystander("Flower", command, given.address, given.port, environment))


def flower_environment(found: Mapping[str, str]) -> dict[str, str]:
    """The environment for Flower, given all variables.

    Raises `ConfigurationError` if they do not say who may see it, or if the file with name and password cannot be read.
    """
    flowers = {name: value for name, value in found.items() if name.startswith("FLOWER_")}
    file = flowers.pop(_LOGIN_FILE, "")
    if file and not flowers.get(_LOGIN):
        flowers[_LOGIN] = read_secret(Path(file))
    if not flowers.get(_LOGIN) and not flowers.get(_OTHER_LOGIN):
        raise ConfigurationError("it would ask nobody for a password; set FLOWER_BASIC_AUTH=name:password")
    others = {name: value for name, value in os.environ.items() if name != _LOGIN_FILE}
    return {**others, "FLOWER_READ_ONLY": "true", **flowers}


if __name__ == "__main__":
    try:
        set_log_up(settings(), "flower")
    except ConfigurationError as error:
        sys.stderr.write(printable(f"chat-tasks: {error}") + "\n")
        sys.exit(2)
    run(sys.argv[1:])
