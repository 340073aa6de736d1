"""Which letter a page shows beside the row that the reason of a quarantine names."""

import pytest

from console.letters.look import Look
from console.quarantine.page import contradicting_letter, contradiction_view

LOOK = Look({}, [{"id": "0@9", "offset": 30}, {"id": "1@4", "offset": 20}], 2, {})


@pytest.mark.parametrize(
    ("reason", "letter"),
    [
        ("row 5 was written from offset 7 of log a, the log now has offset 20 of log a there", "1@4"),
        ("row 5 holds another text than offset 30 of the log", "0@9"),
        ("row 5 was written from offset 20, which would now get 4", "1@4"),
        ("row 5 holds another text than offset 31 of the log", None),
        ("row 5 was written and is gone; the newest row left is 8", "1@4"),
        ("something else", None),
    ],
)
def test_it_is_the_record_that_the_reason_names_or_the_oldest(reason: str, letter: str | None) -> None:
    assert contradicting_letter(reason, LOOK) == letter
    assert contradicting_letter(reason, None) is None


def test_a_row_and_a_letter_that_are_gone_leave_the_number() -> None:
    view = contradiction_view("row 5 holds another text than offset 20 of the log", None, None, "Kafka is away")
    assert view is not None
    assert (view.number, view.letter, view.failure, view.is_there) == (5, None, "Kafka is away", False)
    assert contradiction_view("something else", None, None, "") is None
