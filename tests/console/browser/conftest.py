"""One Chromium for all tests of this folder, and a console before a pipeline of its own for each module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from stack.servers.one_of_each import Servers
from tests.console.browser.chromium import chromium
from tests.console.browser.site import Site, site_on
from tests.pipeline.conversation import PATIENCE_SECONDS

# In milliseconds, as a browser counts. Playwright's own five seconds are not enough on a machine that others keep busy.
_PATIENCE = PATIENCE_SECONDS * 1000
expect.set_options(timeout=_PATIENCE)

# What Chromium says of an answer that is no page, and of one that is no stream.
_REFUSALS = "Failed to load resource", "EventSource's response"

OpenTab = Callable[..., Page]
"""Opens a tab in a window of its own, with options of Playwright's `new_context`."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A pipeline at work, and a console that watches it."""
    with site_on(servers, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[OpenTab]:
    """Opens tabs. At the end none of them may have asked anybody but the console, or have had an error."""
    asked: list[str] = []
    errors: list[str] = []
    contexts = []

    def open_tab(**options: object) -> Page:
        context = browser.new_context(base_url=site.address, **options)  # type: ignore[arg-type]
        context.set_default_timeout(_PATIENCE)
        context.on("request", lambda request: asked.append(request.url))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        # Here Chromium tells what the page's policy refuses, and what a server refused, which is not the page's fault.
        context.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
        contexts.append(context)
        return context.new_page()

    yield open_tab
    for context in contexts:
        context.close()
    assert [one for one in asked if not one.startswith((f"{site.address}/", "data:"))] == []
    assert [one for one in errors if not one.startswith(_REFUSALS)] == []


@pytest.fixture
def page(tab: OpenTab) -> Page:
    """One tab."""
    return tab()
