"""`make demo`, on a machine that has Python and nothing else: neither Java, nor Maven, nor Redis."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.home import PROJECT_ROOT, jars_folder

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(1800)]


def test_it_keeps_every_promise_that_it_shows(tmp_path: Path) -> None:
    (tmp_path / "jars").symlink_to(jars_folder())
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    result = subprocess.run(
        (sys.executable, "-m", "stack", "demo"),
        cwd=PROJECT_ROOT,
        env={**environment, "PATH": str(programs), "CHAT_STACK_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"✗ worker \(pid \d+\) killed.*✗ Redis wiped.*✓ all 20,000 messages", result.stdout, re.S)
    assert re.findall(r"^  (\d)  (?:ann|bob): ", result.stdout, re.M) == ["0", "1", "2", "3"]
    assert re.search(r"the second half of them: [\d,]+ messages/s\n✓ 200 messages/s .* p50 \d+ ms", result.stdout)
