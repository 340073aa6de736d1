"""Which tests stay together where several sessions run side by side, by pytest-xdist."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_SHARING_SERVERS = ("tests/stack/demo/", "tests/stack/", "tests/integration/secured/")
"""Folders whose files share servers beside the session's, which two sessions would start twice. The first counts."""


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out files, in the order in which they were collected, and some folders whole."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return next((folder for folder in _SHARING_SERVERS if file.startswith(folder)), file)
