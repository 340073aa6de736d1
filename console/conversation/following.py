"""A conversation from a number on: its rows, then what comes out, each number once and in order."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from bridge.picture.sources.cassandra import Cassandra
from chat_tasks.conversation.pages import MissingRows, Page, StoredMessage, with_missing
from chat_tasks.storage.inspection.pages import PageReader
from chat_tasks.storage.session import failures_as_unavailable
from console.calls import call
from console.conversation.announcements import Announcements

Shown = StoredMessage | MissingRows
_PAGE = 200
_QUIET_SECONDS = 15.0


async def follow(
    announcements: Announcements, cassandra: Cassandra, conversation_key: str, after: int
) -> AsyncIterator[Sequence[Shown]]:
    """Yield the messages above the number `after`, in their order and each once, as they come; never ends.

    An empty sequence says that nothing came for 15 seconds. Numbers whose rows are gone are yielded as missing once a
    higher number was published. Raises `DependencyUnavailable`.
    """
    with announcements.follow(conversation_key) as subscription:
        await announcements.begun(subscription)
        pages = await call(cassandra.pages, "Cassandra")
        newest = await call(lambda: _newest(pages, conversation_key), "Cassandra")
        while True:
            while after < newest:
                page = Page(after + 1, min(after + 1 + _PAGE, newest + 1))
                yield await call(partial(read_page, pages, conversation_key, page), "Cassandra")
                after = page.end - 1
            if not await subscription.changed(_QUIET_SECONDS):
                yield ()
            newest = max(newest, subscription.published)


def read_page(pages: PageReader, conversation_key: str, page: Page) -> list[Shown]:
    """The rows of a page and what is missing; blocks. Raises `DependencyUnavailable`."""
    with failures_as_unavailable():
        return list(with_missing(pages.rows(conversation_key, page), page))


def _newest(pages: PageReader, conversation_key: str) -> int:
    with failures_as_unavailable():
        newest = pages.newest(conversation_key)
    return -1 if newest is None else newest
