"""Runs a command of the product in this process, after something was changed in it."""

import importlib
import sys


def run(program: str, *arguments: str) -> None:
    """Run `program`, which is `chat-tasks` or `celery`."""
    sys.argv = [program, *arguments]
    importlib.import_module("celery.__main__" if program == "celery" else "bridge.cli").main()
