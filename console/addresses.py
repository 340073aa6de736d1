"""Addresses of pages. A key may hold anything, so it is a parameter: browsers would resolve `..` in a path."""

from urllib.parse import urlencode


def conversation_address(key: str, **further: object) -> str:
    """The address of a conversation's page."""
    return f"/c?{urlencode({'key': key, **further})}"


def quarantine_address(key: str) -> str:
    """The address of a quarantined conversation's page."""
    return f"/quarantine/conversation?{urlencode({'key': key})}"
