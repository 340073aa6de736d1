"""A letter's value in a field of a form, and back.

A form turns every kind of line break into one kind, and cannot hold a NUL or bytes that are no UTF-8. So what comes
back unchanged stands for the value itself, byte for byte.
"""

import json

import orjson

from chat_tasks.printable import is_obeyed

# In a JSON document they stand between the texts only.
_BETWEEN = "\n\r\t"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def field_text(value: bytes | None) -> str:
    """The value as a field shows it.

    What a field cannot hold becomes U+FFFD. In a JSON document the characters that a browser would obey become their
    escapes: it is still the same document, and nothing in it reorders what is typed.
    """
    text = (value or b"").decode(errors="replace").replace("\0", _REPLACEMENT)
    if not text.isprintable() and _is_json(value):
        text = "".join(json.dumps(one)[1:-1] if is_obeyed(one) and one not in _BETWEEN else one for one in text)
    return with_line_feeds(text)


def with_line_feeds(text: str) -> str:
    """The text with one kind of line break."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def edited(value: bytes | None, typed: str) -> bytes | None:
    """What is to be sent in place of the value; None if the field was left as it was."""
    text = with_line_feeds(typed)
    return None if text == field_text(value) else text.encode(errors="surrogatepass")


def is_whole(value: bytes | None) -> bool:
    """Whether a field can hold the value."""
    try:
        return "\0" not in (value or b"").decode()
    except UnicodeDecodeError:
        return False


def _is_json(value: bytes | None) -> bool:
    try:
        orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return False
    return True
