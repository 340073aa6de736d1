"""Demo, tests and benchmarks read nothing of another pipeline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from chat_tasks.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SHOW = """
import json
import os
from chat_tasks.settings import Settings
from stack.isolation import ignore_settings
ignore_settings()
assert "CELERY_BROKER_URL" not in os.environ
print(json.dumps([Settings().model_dump(mode="json"), os.environ["CHAT_STACK_HOME"]]))
"""


def test_neither_the_file_nor_the_environment_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHAT_KAFKA_BOOTSTRAP_SERVERS=production:9092\nCHAT_QUEUES=many\n")
    environment = {
        **os.environ,
        "CHAT_ENV_FILE": ".env",
        "CHAT_STACK_HOME": "/here",
        "CHAT_DISPATCH_GROUP": "production",
        "CELERY_BROKER_URL": "redis://production",
        "HONCHO_PROCESS_NAME": "dispatch.1",
    }
    done = subprocess.run(
        (sys.executable, "-c", SHOW), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found, home = json.loads(done.stdout)
    assert found == Settings().model_dump(mode="json")
    assert home == "/here"


def test_the_tests_themselves_are_isolated() -> None:
    assert [name for name in os.environ if name.startswith("CHAT_") and not name.startswith("CHAT_STACK_")] == [
        "CHAT_ENV_FILE"
    ]
