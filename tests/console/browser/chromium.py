"""The browser that tests and scripts drive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from stack.fetch.chromium import find_chromium


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium that finds no host but 127.0.0.1."""
    found = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program,
            env={**os.environ, **found.environment},
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()
