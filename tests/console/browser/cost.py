"""What the console costs, in processor time: `python -m tests.console.browser.cost`, part of `make console-test`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import psutil
from playwright.sync_api import Browser, Page

from bench.race.steady_sender import SteadySender
from chat_tasks.formats.topics import InstantMessage
from stack.isolation import ignore_settings
from stack.servers.one_of_each import Servers
from tests.console.browser.chromium import chromium
from tests.console.browser.site import CONSOLE, DISPATCH, Site, site_on
from tests.pipeline.scraped import Metrics

_CONVERSATIONS = 500
_MEGABYTE = 1e6
_WORK = "() => { const end = performance.now() + 500; while (performance.now() < end); }"


@click.command()
@click.option("--seconds", default=30, show_default=True, help="How long each of the four measurements takes.")
def main(seconds: int) -> None:
    """Print the share of one processor that the console takes, and what a tab takes."""
    ignore_settings()
    with (
        tempfile.TemporaryDirectory() as folder,
        Servers.for_tests(Path(folder) / "servers") as servers,
        site_on(servers, Path(folder)) as site,
        chromium() as browser,
    ):
        console = psutil.Process(site.process(CONSOLE).popen.pid)
        _report("console, no page open", site, 1_000, seconds, [console])
        page = _open(browser, site)
        _report("console, one page open", site, 1_000, seconds, [console])
        tab = _process_of(page)
        _report("tab", site, 10_000, seconds, [tab])
        click.echo(f"tab, memory of its own: {tab.memory_full_info().uss / _MEGABYTE:.0f} MB")
        for _ in range(9):
            _open(browser, site)
        _report("console, ten pages open", site, 1_000, seconds, [console])


def _open(browser: Browser, site: Site) -> Page:
    """Open the first page in a tab of its own."""
    page = browser.new_page(base_url=site.address)
    page.goto("/")
    page.get_by_role("heading", level=1).wait_for()
    return page


def _process_of(page: Page) -> psutil.Process:
    """The process that draws the page: among those that draw, the one that works when the page has work to do."""
    drawing = [one for one in psutil.Process().children(recursive=True) if _draws(one)]
    used = {one.pid: _processor_seconds([one]) for one in drawing}
    before = {pid: seconds() for pid, seconds in used.items()}
    page.evaluate(_WORK)
    return max(drawing, key=lambda one: used[one.pid]() - before[one.pid])


def _draws(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _report(what: str, site: Site, rate: int, seconds: int, processes: Sequence[psutil.Process]) -> None:
    """Print the processor time of these processes for each second of this load, and what has flowed meanwhile."""
    messages = [
        InstantMessage(
            conversationKey=f"conversation-{number % _CONVERSATIONS}",
            sender="ann",
            recipients=["bob"],
            body=f"{number:08x}",
        )
        for number in range(rate * seconds)
    ]
    used, published = _processor_seconds(processes), _published(site)
    before, began = (used(), published()), time.monotonic()
    SteadySender(site.settings).start(messages, rate).join()
    lasted = time.monotonic() - began
    share, flowed = (used() - before[0]) / lasted, (published() - before[1]) / lasted
    click.echo(
        f"{what}, {len(messages) / lasted:,.0f} messages/s sent, {flowed:,.0f} published: {share:.1%} of a processor"
    )


def _processor_seconds(processes: Sequence[psutil.Process]) -> Callable[[], float]:
    return lambda: sum(sum(one.cpu_times()[:2]) for one in processes)


def _published(site: Site) -> Callable[[], float]:
    dispatch, topic = Metrics(site.ports[DISPATCH]), site.settings.output_topic
    return lambda: dispatch.total("published_records_total", topic=topic)


if __name__ == "__main__":
    main()
