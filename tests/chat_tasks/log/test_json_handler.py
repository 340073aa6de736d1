"""Lines that come before the library of JSON lines is there."""

import subprocess
import sys

import orjson

# An import of structlog that goes on only once the line is logged: as while the thread that logs imports something that
# structlog's import waits for.
_PROGRAM = """
import logging, sys, threading
from chat_tasks.log.json_handler import JsonHandler

logged = threading.Event()

class Waiting:
    def find_spec(self, name, path=None, target=None):
        if name == "structlog":
            logged.wait()

sys.meta_path.insert(0, Waiting())
logging.getLogger().addHandler(JsonHandler(sys.stdout, "ingest", "ingest.1"))
told = ["before"]
logging.warning("told %s", told)
told[0] = "afterwards"
logged.set()
"""


def test_a_line_waits_for_the_library_and_nobody_for_the_line() -> None:
    ended = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=300, check=True)
    [line] = ended.stdout.splitlines()
    assert orjson.loads(line)["message"] == "told ['before']"
    assert ended.stderr == ""
