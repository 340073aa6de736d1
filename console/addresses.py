"""Addresses of pages. A key may hold anything, so it is a parameter, percent-encoded.

In a path browsers would resolve `..`. In a field of a form they would change the ends of lines, and in any attribute
the character 0.
"""

from urllib.parse import urlencode

from starlette.convertors import Convertor, register_url_convertor


class _Key(Convertor[str]):
    """A key in a path of the interface for programs: any characters, also those that end a line."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


# Routes write it as `{key:key}`.
register_url_convertor("key", _Key())


def conversation_address(key: str, **further: object) -> str:
    """The address of a conversation's page."""
    return f"/c?{urlencode({'key': key, **further})}"


def quarantine_address(key: str) -> str:
    """The address of a quarantined conversation's page."""
    return f"/quarantine/conversation?{urlencode({'key': key})}"
