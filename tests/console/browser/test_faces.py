"""Every state has a face: what is empty, large, foreign, denied, or away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from console.addresses import conversation_address
from stack.servers.one_of_each import Servers
from tests.console.browser.conftest import OpenTab
from tests.console.browser.site import CONSOLE, Site
from tests.console.browser.states import EMPTY, HEBREW, LARGE, LONG, LONG_MESSAGES, every_state

pytestmark = [pytest.mark.servers, pytest.mark.browser]

PASSWORDS = {"CHAT_CONSOLE_VIEWER_PASSWORD": "figures", "CHAT_CONSOLE_OPERATOR_PASSWORD": "everything"}


@pytest.fixture(scope="module", autouse=True)
def _states(site: Site) -> None:
    every_state(site)


@pytest.mark.parametrize("key", ["a\rb\nc\0d", ".", "..", "-x", "\U0001f389" * 128])
def test_any_key_is_written_to(page: Page, key: str) -> None:
    page.goto(conversation_address(key))
    page.get_by_label("Message", exact=True).fill("Hello")
    page.keyboard.press("Enter")
    expect(page.locator("#m0 .way")).to_contain_text("numbered 0, published")
    page.goto(conversation_address(key))
    expect(page.locator("#m0 .body")).to_have_text("Hello")


def test_a_tab_that_nobody_sees_keeps_no_connection_and_catches_up(page: Page, tab: OpenTab) -> None:
    page.goto(conversation_address("two-tabs"))
    hide(page, hidden=True)
    other = tab()
    other.goto(conversation_address("two-tabs"))
    other.get_by_label("Message", exact=True).fill("Hello")
    other.keyboard.press("Enter")
    expect(other.locator("#m0 .way")).to_contain_text("numbered 0, published")
    assert page.locator("#m0").count() == 0
    hide(page, hidden=False)
    expect(page.locator("#m0 .body")).to_have_text("Hello")


def hide(page: Page, *, hidden: bool) -> None:
    """Tell the page that it is hidden, as a browser does when another tab is shown; here every tab is."""
    page.evaluate(
        "(hidden) => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


def test_a_conversation_without_a_message_asks_for_one(page: Page) -> None:
    page.goto(conversation_address(EMPTY))
    expect(page.get_by_text("Nothing was said here yet.")).to_be_visible()


def test_a_thousand_messages_are_read_page_by_page(page: Page) -> None:
    page.goto(conversation_address(LONG))
    seen: list[int] = []
    earlier = page.get_by_role("link", name="Earlier messages")
    while True:
        seen = [int(number) for number in page.locator(".message .number").all_inner_texts()] + seen
        if earlier.count() == 0:
            break
        with page.expect_navigation():
            earlier.click()
    assert seen == list(range(LONG_MESSAGES))


def test_one_reads_on_from_a_number(page: Page) -> None:
    page.goto(conversation_address(LONG, around=LONG_MESSAGES - 60))
    last = int(page.locator(".message .number").last.inner_text())
    later = page.get_by_role("link", name="Later messages")
    with page.expect_navigation():
        later.click()
    seen = [int(number) for number in page.locator(".message .number").all_inner_texts()]
    assert seen == list(range(last + 1, LONG_MESSAGES))
    expect(later).to_have_count(0)
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    page.goto(conversation_address(LONG, around=10 * LONG_MESSAGES))
    expect(page.get_by_text("No message has such a number: the newest is 999.")).to_be_visible()


def test_a_large_message_is_whole_and_keeps_its_bounds(page: Page) -> None:
    page.goto(conversation_address(LARGE))
    body = page.locator("#m0 .body")
    assert len(body.inner_text()) == len("\U0001f389 ") + 64_000
    box = body.bounding_box()
    assert box is not None
    assert box["height"] < 500


def test_text_from_right_to_left_begins_at_the_right(page: Page) -> None:
    page.goto(conversation_address(HEBREW))
    assert page.locator("#m0 .body").evaluate("(body) => getComputedStyle(body).direction") == "rtl"


def test_a_server_that_is_away_is_named_and_comes_back(page: Page, servers: Servers) -> None:
    headline = page.get_by_role("heading", level=1)
    page.goto("/")
    servers.redis.stop()
    try:
        expect(headline).to_have_text("Redis does not answer")
        # What the others tell is shown all the same.
        page.goto(conversation_address(LONG))
        expect(page.locator(f"#m{LONG_MESSAGES - 1}")).to_be_visible()
    finally:
        servers.start()
    page.goto("/")
    expect(headline).not_to_have_text("Redis does not answer")


def test_a_viewer_sees_figures_and_no_text(tab: OpenTab, site: Site) -> None:
    site.kill(CONSOLE)
    site.start(CONSOLE, **PASSWORDS)
    page = tab()
    page.goto("/")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This password opens nothing.")
    page.get_by_label("Password").fill("figures")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The road of a message")).to_be_visible()
    page.goto(conversation_address(LONG))
    expect(page.get_by_role("heading", level=1)).to_have_text("Not for you")
    assert "message 1" not in page.content()

    # A console that was started again has forgotten who came in: a page that was open asks for the password.
    page.goto("/")
    site.kill(CONSOLE)
    site.start(CONSOLE, **PASSWORDS)
    expect(page.get_by_label("Password")).to_be_visible()
