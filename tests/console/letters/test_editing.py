"""A value in a form's field, and what comes back from a browser."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.printable import is_obeyed
from console.letters.editing import edited, field_text, is_whole


@given(st.binary())
def test_what_is_left_as_it_was_stands_for_the_value_itself(value: bytes) -> None:
    shown = field_text(value)
    assert "\0" not in shown
    # A browser sends each line break as two characters.
    assert edited(value, shown.replace("\n", "\r\n")) is None


@given(st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=5))
def test_a_document_in_a_field_is_the_same_document_and_nothing_in_it_is_obeyed(document: object) -> None:
    value = json.dumps(document, ensure_ascii=False, indent=1).encode(errors="replace")
    shown = field_text(value)
    assert json.loads(shown) == json.loads(value)
    assert not any(is_obeyed(one) for one in shown if one != "\n")


def test_what_is_changed_is_sent_as_it_was_typed() -> None:
    assert edited(b"one\r\ntwo", "one\r\ntwo three") == b"one\ntwo three"
    assert edited(None, "") is None
    assert edited(None, "x") == b"x"


@pytest.mark.parametrize(
    ("value", "whole"), [(b"plain", True), ("שלום 🎉".encode(), True), (b"\0", False), (b"\xff", False)]
)
def test_a_page_says_if_a_field_cannot_hold_the_value(value: bytes, whole: bool) -> None:
    assert is_whole(value) is whole
