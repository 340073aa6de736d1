"""The units for servers without Docker, as systemd itself reads them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.home import PROJECT_ROOT

UNITS = PROJECT_ROOT / "deploy" / "systemd"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*.*") if path.is_file()))
def test_systemd_takes_the_unit_as_it_is(tmp_path: Path, unit: str) -> None:
    """The programs are those of this environment, as /opt/chat-tasks is not there."""
    shutil.copytree(UNITS, tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob("*.service"):
        path.write_text(path.read_text().replace("/opt/chat-tasks/bin", str(Path(sys.executable).parent)))
    result = subprocess.run(
        ("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit.replace("@", "@1")),
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
