"""The address that jars come from, with and without a mirror in the user's Maven settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from jgo.constants import MAVEN_CENTRAL_URL

from stack.errors import FetchError
from stack.fetch.repository import repository_address

SETTINGS = """\
<settings xmlns="urn:settings-of-maven">
  <mirrors>
    <mirror><id>other</id><mirrorOf>jboss</mirrorOf><url>http://127.0.0.2/jboss</url></mirror>
    <mirror><id>ours</id><mirrorOf>{mirror_of}</mirrorOf><url>http://127.0.0.2/maven/</url></mirror>
  </mirrors>
</settings>
"""


@pytest.mark.parametrize("mirror_of", ["central", "*", "external:*", "jboss, central"])
def test_a_mirror_of_the_central_repository_is_taken(tmp_path: Path, mirror_of: str) -> None:
    path = tmp_path / "settings.xml"
    path.write_text(SETTINGS.format(mirror_of=mirror_of))
    assert repository_address(path) == "http://127.0.0.2/maven"


@pytest.mark.parametrize("mirror_of", ["jboss", "*,!central"])
def test_mirrors_of_others_are_not(tmp_path: Path, mirror_of: str) -> None:
    path = tmp_path / "settings.xml"
    path.write_text(SETTINGS.format(mirror_of=mirror_of))
    assert repository_address(path) == MAVEN_CENTRAL_URL


def test_without_settings_the_central_repository_is_asked(tmp_path: Path) -> None:
    assert repository_address(tmp_path / "settings.xml") == MAVEN_CENTRAL_URL


def test_settings_that_are_not_xml_are_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.xml"
    path.write_text("<settings>")
    with pytest.raises(FetchError, match=f"{path}, which may name a mirror, cannot be read"):
        repository_address(path)
