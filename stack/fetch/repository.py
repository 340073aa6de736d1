"""Where jars come from: Maven's central repository, or the mirror that the user's Maven settings name for it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from jgo.constants import MAVEN_CENTRAL_URL

from stack.errors import FetchError

_CENTRAL_IS_MIRRORED_BY = {"*", "central", "external:*"}


def repository_address(maven_settings: Path | None = None) -> str:
    """The address below which jars are found; `maven_settings` is `~/.m2/settings.xml` if not given.

    Raises `FetchError` if the settings are not XML.
    """
    path = maven_settings or Path.home() / ".m2" / "settings.xml"
    try:
        mirrors = ET.fromstring(path.read_bytes()).iterfind("{*}mirrors/{*}mirror")
    except FileNotFoundError:
        return MAVEN_CENTRAL_URL
    except ET.ParseError as error:
        raise FetchError(f"{path}, which may name a mirror, cannot be read: {error}") from error
    for mirror in mirrors:
        names = {name.strip() for name in mirror.findtext("{*}mirrorOf", "").split(",")}
        address = mirror.findtext("{*}url", "").strip().rstrip("/")
        if address and "!central" not in names and names & _CENTRAL_IS_MIRRORED_BY:
            return address
    return MAVEN_CENTRAL_URL
