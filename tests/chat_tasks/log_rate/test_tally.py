"""What happens often is one line a minute and reason."""

from chat_tasks.log_rate.tally import OTHER, Tally


def test_a_reason_is_said_at_once_and_then_once_a_minute_with_its_count() -> None:
    tally = Tally()
    assert list(tally.due(0)) == []
    tally.add("slow", 3)
    assert list(tally.due(1)) == [("slow", 3)]
    tally.add("slow")
    tally.add("slow", 2)
    tally.add("away")
    assert list(tally.due(2)) == [("away", 1)]
    assert list(tally.due(60)) == []
    assert list(tally.due(61)) == [("slow", 3)]
    assert list(tally.due(200)) == []


def test_reasons_that_never_come_again_are_counted_together() -> None:
    tally = Tally()
    for number in range(100):
        tally.add(f"row {number}")
    said = dict(tally.due(0))
    assert len(said) == 21
    assert said[OTHER] == 80
    tally.add("row 1000")
    tally.add("row 3")
    assert list(tally.due(30)) == []
    assert dict(tally.due(60)) == {OTHER: 1, "row 3": 1}
