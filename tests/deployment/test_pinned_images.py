"""`deploy/pin-images.sh`, with a program in docker's place that answers as the registry does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("docker-compose.yml", "Dockerfile")
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    for name in (*FILES, "deploy/pin-images.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def pin(project: Path, answer: str) -> "subprocess.CompletedProcess[str]":
    docker = project / "docker"
    docker.write_text(f"#!/bin/sh\necho '{answer}'\n")
    docker.chmod(0o755)
    command = ["sh", str(project / "deploy" / "pin-images.sh")]
    environment = {"PATH": f"{project}:/usr/bin:/bin"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def images(text: str) -> list[str]:
    return re.findall(r"(?m)^ *(?:image:|FROM) (\S+)", text)


def test_each_image_gets_its_digest_behind_the_tag_and_nothing_else_changes(project: Path) -> None:
    before = {name: (project / name).read_text() for name in FILES}
    for answer in (DIGEST, DIGEST.replace("0", "1")):
        assert pin(project, answer).returncode == 0
        for name in FILES:
            after = (project / name).read_text()
            tagged = [image for image in images(before[name]) if ":" in image]
            assert [image for image in images(after) if ":" in image] == [f"{image}@{answer}" for image in tagged]
            assert after.replace(f"@{answer}", "") == before[name]


def test_an_image_without_a_digest_is_an_error(project: Path) -> None:
    refused = pin(project, "not found")
    assert refused.returncode != 0
    assert "no digest of apache/kafka:" in refused.stderr
    assert (project / FILES[0]).read_text() == (ROOT / FILES[0]).read_text()
