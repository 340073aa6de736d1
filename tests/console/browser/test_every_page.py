"""What holds for every page: a screen reader gets along with it, it fits a small screen, and it needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from tests.console.browser.conftest import OpenTab
from tests.console.browser.site import Site
from tests.console.browser.states import every_state, paths

pytestmark = [pytest.mark.servers, pytest.mark.browser]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
SMALL = {"width": 380, "height": 800}
REACHABLE = "a[href], button:enabled, input:not([type=hidden]), select, textarea, summary"
FOCUSED = """() => {
    const one = document.activeElement;
    return [[...document.querySelectorAll("*")].indexOf(one), getComputedStyle(one).outlineStyle, one.tagName];
}"""


@pytest.fixture(scope="module", autouse=True)
def _states(site: Site) -> None:
    every_state(site)


def visited(page: Page) -> Iterator[str]:
    """The page's path, once it shows what it has to show."""
    for path in paths(page):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        yield path


# What does not fit can be scrolled by keyboard.
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 768), ("light", SMALL["width"])])
def test_axe_finds_nothing(tab: OpenTab, scheme: str, width: int) -> None:
    page = tab(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    for path in visited(page):
        page.evaluate(AXE)
        found = page.evaluate("axe.run().then((found) => found.violations)")
        shown = [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
        assert shown == [], path


def test_nothing_is_wider_than_a_small_screen(tab: OpenTab) -> None:
    page = tab(viewport=SMALL)
    for path in visited(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], path


def test_without_script_every_page_shows_the_same(tab: OpenTab) -> None:
    with_script, without = tab(), tab(java_script_enabled=False)
    for path in visited(without):
        with_script.goto(path)
        headings = without.get_by_role("heading").all_inner_texts()
        assert headings == with_script.get_by_role("heading").all_inner_texts(), path


def test_everything_is_reached_by_keyboard_and_shows_where_one_is(page: Page) -> None:
    for path in visited(page):
        if path == "/login":
            # It has the focus in its first field already.
            continue
        wanted = page.locator(REACHABLE).filter(visible=True).count()
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the page")).to_be_focused()
        seen: set[int] = set()
        # A field for a time takes several steps.
        for _ in range(20 * wanted):
            place, outline, name = page.evaluate(FOCUSED)
            if name == "BODY":
                break
            assert outline != "none", f"{path}: nobody sees that {name} has the focus"
            seen.add(place)
            page.keyboard.press("Tab")
        assert len(seen) >= wanted, path
