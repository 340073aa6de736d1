"""The next run begins with empty folders, however the last one ended."""

import subprocess
from pathlib import Path

import pytest

from tests.chaos.system.small_disk import can_make_disks, remove_with_disks


@pytest.mark.skipif(not can_make_disks(), reason="this user may not mount")
def test_a_disk_that_a_killed_run_has_left_goes_with_its_folder(tmp_path: Path) -> None:
    home = tmp_path / "servers"
    (home / "kafka").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", home / "kafka"], check=True)
    (home / "kafka" / "log").write_text("something")
    remove_with_disks(home)
    assert not home.exists()


def test_a_folder_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    remove_with_disks(tmp_path / "never made")
