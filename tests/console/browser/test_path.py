"""A person's way: a message is written, numbered and found again; a worker dies, the page says so, and mends itself."""

import re

import pytest
from playwright.sync_api import Page, expect

from console.addresses import conversation_address
from stack.waiting import wait_until
from tests.console.browser.conftest import OpenTab
from tests.console.browser.site import CONSOLE, WORKER, Site
from tests.pipeline.conversation import PATIENCE_SECONDS

pytestmark = pytest.mark.servers

KEY = "../a//b/?#%2F\"'<b>\u202e\u05e9\U0001f389"


def test_a_message_is_numbered_and_found_again_while_things_die(page: Page, site: Site) -> None:
    headline = page.get_by_role("heading", level=1)
    page.goto("/")
    expect(headline).to_have_text("Everything flows")

    # The composer.
    page.get_by_label("Conversation").fill(KEY)
    page.keyboard.press("Enter")
    expect(headline).to_have_text(KEY.replace("\u202e", "\\u202e"))
    for number, body in enumerate(("Hello <b>there</b>", "and again")):
        page.get_by_label("Message", exact=True).fill(body)
        page.keyboard.press("Enter")
        message = page.locator(f"#m{number}")
        expect(message.locator(".body")).to_have_text(body)
        expect(message.locator(".way")).to_contain_text(f"numbered {number}, published")
        expect(message.locator(".way")).to_contain_text(re.compile(r"accepted at .* offset \d+, logged at offset \d+,"))
    expect(page.locator(".message")).to_have_count(2)
    expect(page.get_by_text("2 messages")).to_be_visible()

    # Found again, by its conversation and its number.
    page.goto("/")
    page.get_by_label("Conversation").fill(KEY)
    page.keyboard.press("Enter")
    page.get_by_label("Number").fill("0")
    page.keyboard.press("Enter")
    expect(page.locator("#m0 .body")).to_have_text("Hello <b>there</b>")

    page.goto("/")
    expect(headline).to_have_text("Everything flows")
    site.kill(WORKER)
    expect(headline).to_have_text("Worker.1 does not answer")
    expect(page.locator(".station.dead .light")).to_contain_text("worker.1 does not answer since")
    site.start(WORKER)
    expect(headline).to_have_text("Everything flows")

    stale = page.get_by_text("The console does not answer since")
    expect(stale).to_be_hidden()
    site.kill(CONSOLE)
    expect(stale).to_be_visible()
    site.start(CONSOLE)
    expect(stale).to_be_hidden()
    expect(headline).to_have_text("Everything flows")


def test_a_message_is_sent_without_script(tab: OpenTab) -> None:
    page = tab(java_script_enabled=False)
    # A form would change the ends of its fields' lines, and an attribute the character 0.
    page.goto(conversation_address("without\rscript\n\0"))
    page.get_by_label("Message", exact=True).fill("Hello")
    with page.expect_navigation():
        page.get_by_role("button", name="Send").click()

    def is_there() -> bool:
        page.reload()
        return page.locator("#m0 .body").count() == 1

    assert wait_until(is_there, PATIENCE_SECONDS)
    page.get_by_label("Number").fill("0")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#m0 .body")).to_have_text("Hello")
