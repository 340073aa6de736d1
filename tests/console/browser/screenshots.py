"""Pictures of each page, of a real pipeline at work: `python -m tests.console.browser.screenshots`."""

from __future__ import annotations

import math
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal

import click
import requests
from PIL import Image
from playwright.sync_api import Browser, Page

from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from console.addresses import conversation_address
from stack.isolation import ignore_settings
from stack.pipeline.sender import new_sender
from stack.servers.one_of_each import Servers
from tests.console.browser.chromium import chromium
from tests.console.browser.site import Site, site_on
from tests.console.browser.states import SICK, quarantine, send_invalid

_FOLDER = Path("docs/console")
_SIZE = (1280, 800)
_SHORTEST, _LONGEST = 480, 1_300
_COLOURS = 256
_TEAM = (
    ("ann", "Lunch at noon? The place by the river has a table outside."),
    ("bob", "Count me in. Čeněk?"),
    ("čeněk", "Ten minutes later, the deployment is still green-ish. \U0001f7e2"),
    ("ann", "Then ten past twelve. Dora said she would bring the new colleague."),
    ("dora", "She would love to come! \U0001f389"),
)
_ANSWERS = {"light": "See you there.", "dark": "I am on my way."}
_SECONDS = 60.0
# The topics' own names, which no other pipeline has here.
_NAMES = {name: field.default for name, field in Settings.model_fields.items() if name.endswith("_topic")}


@click.command()
@click.option("--minutes", default=6.0, show_default=True, help="How long messages flow before the pictures are taken.")
@click.option("--rate", default=300, show_default=True, help="Messages a second, on average.")
@click.option("--folder", type=click.Path(path_type=Path), default=_FOLDER, show_default=True)
def main(minutes: float, rate: int, folder: Path) -> None:
    """Start a pipeline, let messages flow, and take the pictures."""
    ignore_settings()
    # Celery warns whoever is root, with a path of this machine.
    os.environ["PYTHONWARNINGS"] = "ignore"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        Servers.for_tests(Path(home) / "servers") as servers,
        site_on(servers, Path(home), **_NAMES) as site,
        chromium() as browser,
    ):
        enough = threading.Event()
        traffic = threading.Thread(target=_flow, args=(site, rate, enough))
        traffic.start()
        try:
            _happen(site)
            time.sleep(60 * minutes)
            for scheme in ("light", "dark"):
                _take(browser, site, folder, scheme)
        finally:
            enough.set()
            traffic.join()


def _flow(site: Site, rate: int, enough: threading.Event) -> None:
    """Send as people do: now more, now less, in some conversations more than in others."""
    random_ = random.Random(7)
    producer = new_sender(site.settings)
    began, number, due = time.monotonic(), 0, 0.0
    while not enough.wait(0.02):
        seconds = time.monotonic() - began
        swing = 1 + 0.35 * math.sin(seconds / 47) + 0.15 * math.sin(seconds / 11)
        due += 0.02 * rate * swing
        while number < due:
            message = InstantMessage(
                conversationKey=f"room-{int(random_.paretovariate(0.7)) % 400}",
                sender=random_.choice(("ann", "bob", "čeněk", "dora")),
                recipients=["emil"],
                body=f"message {number}",
            )
            producer.produce(site.settings.message_topic, encode_message(message))
            producer.poll(0)
            number += 1
    producer.flush(30)


def _happen(site: Site) -> None:
    """Conversations to look at, dead letters, and a quarantined conversation."""
    messages = f"{site.address}/api/conversations/team-lunch/messages"
    for sender, body in _TEAM:
        said = {"sender": sender, "recipients": ["emil"], "body": body}
        requests.post(messages, params={"wait": "1"}, json=said, timeout=_SECONDS).raise_for_status()
    send_invalid(site.settings, 4)
    quarantine(site, ["Is anybody here?", "Hello?"])
    replays = f"{site.address}/api/letters/replays"
    requests.post(replays, json={"everything": True, "is_dry_run": True}, timeout=_SECONDS).raise_for_status()


def _take(browser: Browser, site: Site, folder: Path, scheme: Literal["light", "dark"]) -> None:
    page = browser.new_page(
        base_url=site.address, viewport={"width": _SIZE[0], "height": _SIZE[1]}, color_scheme=scheme
    )
    for name, path in _pages(page):
        page.goto(path)
        page.get_by_role("heading", level=1).wait_for()
        # What comes by the page's stream, and the drawing of the charts.
        page.wait_for_timeout(3_000)
        if name == "conversation":
            page.get_by_label("Message", exact=True).fill(_ANSWERS[scheme])
            page.keyboard.press("Enter")
            page.locator(".way").last.wait_for()
            page.locator(".message.pending").wait_for(state="detached")
            page.wait_for_timeout(1_500)
        _save(page, folder / f"{name}-{scheme}.png")
    page.close()


def _pages(page: Page) -> Iterator[tuple[str, str]]:
    """The name and the path of each page."""
    page.goto("/")
    links = page.get_by_role("navigation", name="Pages").get_by_role("link")
    paths = [link.get_attribute("href") or "" for link in links.all()]
    yield from ((path.strip("/") or "pipeline", path) for path in paths)
    yield "conversation", conversation_address("team-lunch")
    page.goto("/letters")
    letter = page.locator("#list th a").first
    letter.wait_for()
    yield "letter", letter.get_attribute("href") or ""
    page.goto("/quarantine")
    yield "contradiction", page.get_by_role("link", name=SICK, exact=True).get_attribute("href") or ""


def _save(page: Page, path: Path) -> None:
    """The page down to its end, in few colours: a third of the bytes."""
    height = min(
        1_300, max(480, page.locator("main").evaluate("(main) => Math.ceil(main.getBoundingClientRect().bottom)"))
    )
    taken = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": _SIZE[0], "height": height})
    image = Image.open(BytesIO(taken)).convert("RGB")
    image = image.quantize(_COLOURS, dither=Image.Dither.NONE)
    image.save(path, optimize=True)
    click.echo(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
