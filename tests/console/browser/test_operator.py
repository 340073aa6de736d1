"""What an operator does: a letter is mended and sent again, a conversation is released, and every tab sees it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from console.addresses import conversation_address
from stack.waiting import wait_until
from tests.console.browser.conftest import OpenTab
from tests.console.browser.site import Site
from tests.console.browser.states import SICK, ask, quarantine, send_invalid, wait_for
from tests.integration.test_quarantine import mend
from tests.pipeline.conversation import PATIENCE_SECONDS, expected_of, send, some_messages
from tests.pipeline.own_session import own_session

pytestmark = [pytest.mark.servers, pytest.mark.browser]


def test_two_tabs_of_a_conversation_are_in_step(tab: OpenTab) -> None:
    first, second = tab(), tab()
    for one in (first, second):
        one.goto(conversation_address("tabs"))
    for number, (writes, reads) in enumerate(((first, second), (second, first), (first, second))):
        writes.get_by_label("Message", exact=True).fill(f"message {number}")
        writes.keyboard.press("Enter")
        expect(reads.locator(f"#m{number} .body")).to_have_text(f"message {number}")
    for one in (first, second):
        expect(one.locator(".message")).to_have_count(3)
        expect(one.get_by_text("3 messages")).to_be_visible()


def test_a_dead_letter_is_edited_and_sent_again(tab: OpenTab, site: Site) -> None:
    send_invalid(site.settings, 1)
    page, other = tab(), tab()
    other.goto("/letters")
    page.goto("/letters")
    letter = page.locator("#list th a")
    expect(letter).to_have_count(1)
    letter.click()
    value = page.get_by_label("Value to send")
    page.get_by_role("button", name="Check and send again").click()
    expect(page.get_by_role("alert")).to_contain_text("recipients: Input should be a valid array")
    value.fill(value.input_value().replace('"ann"', '["ann"]'))
    page.get_by_role("button", name="Check and send again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sent again")
    page.goto(conversation_address("broken"))
    expect(page.locator("#m0 .body")).to_have_text("Hi 0!")
    expect(other.locator("#list")).to_contain_text("No letter waits")


def test_all_letters_that_match_are_sent_again_after_a_dry_run(tab: OpenTab, site: Site) -> None:
    send_invalid(site.settings, 3)
    page = tab()
    page.goto("/letters")
    expect(page.locator("#list th a")).to_have_count(3)
    # They would become letters again, so none is sent.
    page.get_by_role("button", name="Dry run: send all that match again").click()
    expect(page.get_by_text("3 not sent")).to_be_visible()


def test_a_quarantined_conversation_is_released(tab: OpenTab, site: Site) -> None:
    # A row's write time follows its offset, and that of the mending is 1: so this conversation is not the log's first.
    crowd = some_messages(100, 50)
    send(site.settings, crowd)
    for key, bodies in expected_of(crowd).items():
        wait_for(site, key, len(bodies) - 1)
    quarantine(site)
    page = tab()
    page.goto("/quarantine")
    page.get_by_role("link", name=SICK, exact=True).click()
    expect(page.locator("table.difference")).to_contain_text("nobody")
    with own_session(site.settings) as session:
        mend(session, site.settings, 0)
    page.get_by_role("button", name="release").click()
    expect(page.get_by_role("heading", name="Released")).to_be_visible()
    assert wait_until(lambda: ask(site, "/api/quarantine") == [], PATIENCE_SECONDS)
    page.goto(conversation_address(SICK))
    expect(page.locator("#m0 .body")).to_have_text("unwell")
