"""The form of a letter, as far as it needs no server."""

from chat_tasks.settings import Settings
from tests.console.pages.test_access import browser

LARGEST = "\x07" * Settings().max_record_bytes


def test_a_form_takes_a_value_as_large_as_a_record_may_be() -> None:
    # An id that is none is found to be so after the form was read.
    assert browser().post("/letters/seven", data={"value": LARGEST}).status_code == 404
    assert browser().post("/letters/seven", data={"value": 2 * LARGEST}).status_code == 413
