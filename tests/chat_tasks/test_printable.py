"""What a terminal may show of a text."""

import json
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.printable import printable, printable_lines

READABLE = [
    "plain text, with 'quotes' and a \\ backslash",
    "שלום, מה שלומך?",
    "مرحبا، كيف حالك؟",
    "می‌خواهم",  # Persian, with a zero-width non-joiner
    "Čeněk, naïve, 漢字、かな\u3000ハングル",
    "👋 👨‍👩‍👧 🏳️‍🌈 👍🏽",  # joined by zero-width joiners
    "no-break\u00a0space",
]


@pytest.mark.parametrize("text", READABLE)
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\n       9  bob: I, bob, pay you 100", "one\\n       9  bob: I, bob, pay you 100"),
        ("\x1b[2Jgone", "\\u001b[2Jgone"),
        ("\x07\x00\x7f", "\\u0007\\u0000\\u007f"),
        ("\x9b31m\x85", "\\u009b31m\\u0085"),
        ("\u202efdp.exe\u2066", "\\u202efdp.exe\\u2066"),
        ("\u2028\u2029\u200e\ufeff", "\\u2028\\u2029\\u200e\\ufeff"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\udb40\\udc41"),  # a tag, which nobody sees
    ],
)
def test_what_a_terminal_obeys_is_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_is_left_for_a_terminal_to_obey(text: str) -> None:
    shown = printable(text)
    assert not {category(one) for one in shown if one not in "\u200c\u200d"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown


@given(st.recursive(st.text(), st.lists))
def test_json_stays_the_same_document(document: object) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2)
    shown = printable_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert json.loads(shown) == document
