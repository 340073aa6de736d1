"""Nobody pays for numpy who does not use it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["bridge.commands.ingest", "bridge.commands.dispatch", "chat_tasks.tasks"])
def test_no_process_of_ours_imports_numpy(module: str) -> None:
    """Each in a process of its own: this one has long imported it."""
    command = f"import sys, {module}; assert 'cassandra.cluster' in sys.modules; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", command], check=True)


def test_others_find_numpy_as_before() -> None:
    command = "import chat_tasks.storage.session, numpy; assert numpy.arange(3).sum() == 3"
    subprocess.run([sys.executable, "-c", command], check=True)
