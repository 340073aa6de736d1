"""Servers of these tests' own, since they get killed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.servers.one_of_each import Servers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with Servers.for_tests(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@pytest.fixture
def servers(started: Servers) -> Servers:
    """All three, answering, whatever the test before did to them."""
    started.start()
    return started
