"""How much a request may bring."""

from chat_tasks.settings import Settings

# The other fields of a form, and what a letter may hold beyond a record.
_LARGEST_ADDITION = 1_000_000


def largest_body(settings: Settings) -> int:
    """The most bytes of a request's body: a byte of a letter takes up to three in a form."""
    return 3 * settings.max_record_bytes + _LARGEST_ADDITION
