"""Texts as a page shows them: what a browser would obey or hide is shown as an escape, and marked as one."""

import json
import unicodedata

from markupsafe import Markup, escape

from chat_tasks.printable import is_obeyed

# A text may have several lines.
_SHOWN = "\n\t"


def honest(text: str | bytes) -> Markup:
    r"""The text as HTML: a control or format character becomes a marked `\u202e`, a byte that is no UTF-8 a `\xff`."""
    if isinstance(text, bytes):
        text = text.decode(errors="surrogateescape")
    pieces: list[str] = []
    plain = 0
    for index, character in enumerate(text):
        if not is_obeyed(character) or character in _SHOWN:
            continue
        pieces += (escape(text[plain:index]), _marked(character))
        plain = index + 1
    return Markup("".join((*pieces, escape(text[plain:]))))


def _marked(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        written, title = f"\\x{code - 0xDC00:02x}", "a byte that is no UTF-8"
    else:
        written = json.dumps(character)[1:-1]
        title = f"U+{code:04X} {unicodedata.name(character, '')}".rstrip()
    return f'<span class="escape" title="{title}">{written}</span>'
