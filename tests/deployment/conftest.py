"""What `docker-compose.yml` says."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

Service = dict[str, Any]


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """The whole file, anchors and merges resolved."""
    found: dict[str, Any] = YAML(typ="safe").load(Path(__file__).parents[2] / "docker-compose.yml")
    return found


@pytest.fixture(scope="session")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    """Its services."""
    found: dict[str, Service] = compose["services"]
    return found
