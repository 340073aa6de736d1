"""Texts as a terminal and a log may show them.

A terminal obeys control and format characters. With them a message could forge a line of output, hide or reorder what
stands beside it, or run the terminal's own commands. They are shown as JSON escapes them, so a JSON document stays the
same document. All other characters stay: right-to-left letters, accents, emoji.
"""

import json
from unicodedata import category

_OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# The zero-width joiner and non-joiner belong to emoji, and to the spelling of Persian and of the languages of India.
_HARMLESS = "\u200c\u200d"


def printable(text: str) -> str:
    r"""The text in one line: ESC becomes `\u001b`, a line break `\n`.

    A backslash of the text stays as it is, so what is shown need not tell an escape from the same characters typed.
    """
    if text.isprintable():
        return text
    return "".join(json.dumps(one)[1:-1] if is_obeyed(one) else one for one in text)


def printable_lines(text: str) -> str:
    """The same for a text that we made ourselves of several lines."""
    return "\n".join(map(printable, text.split("\n")))


def is_obeyed(character: str) -> bool:
    """Whether a terminal or a browser would obey or hide the character, and not show it."""
    return category(character) in _OBEYED and character not in _HARMLESS
