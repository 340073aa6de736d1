"""What a page shows of a text, whatever it is."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.honest_text import honest

_TAGS = re.compile(r'<span class="escape" title="[^"<>]*">([^<]*)</span>')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain & <b>bold</b>", "plain &amp; &lt;b&gt;bold&lt;/b&gt;"),
        ("שלום\n\t👨‍👩‍👧", "שלום\n\t👨‍👩‍👧"),
        ("a\u202eb", 'a<span class="escape" title="U+202E RIGHT-TO-LEFT OVERRIDE">\\u202e</span>b'),
        ("\x07", '<span class="escape" title="U+0007">\\u0007</span>'),
        (b"a\xffb", 'a<span class="escape" title="a byte that is no UTF-8">\\xff</span>b'),
        (b"\xf0\x9f\x8e\x89", "🎉"),
    ],
)
def test_what_a_browser_would_obey_is_shown_and_marked(text: str | bytes, shown: str) -> None:
    assert str(honest(text)) == shown


@given(st.text(), st.binary())
def test_nothing_of_a_text_is_markup_and_nothing_of_it_is_lost(text: str, value: bytes) -> None:
    for one in (text, value):
        shown = str(honest(one))
        assert "<" not in _TAGS.sub("", shown)
    kept = "".join(character for character in text if character.isalnum())
    plain = html.unescape(_TAGS.sub("", str(honest(text))))
    assert "".join(character for character in plain if character.isalnum()) == kept
