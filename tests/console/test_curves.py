import re

from console.curves import sparkline


def curves(svg: str) -> list[list[str]]:
    return [points.split() for points in re.findall(r'<polyline class="stroke" points="([^"]*)"', svg)]


def test_the_newest_value_is_at_the_right_and_the_largest_at_the_top() -> None:
    assert curves(sparkline([0.0, 5.0, 10.0])) == [["0.0,28.0", "100.0,15.3", "200.0,2.5"]]


def test_a_moment_without_a_value_is_a_gap_and_no_dip() -> None:
    first, second = curves(sparkline([10.0, 10.0, None, 10.0, 10.0]))
    assert [point.partition(",")[2] for point in first + second] == ["2.5"] * 4
    assert (first[-1], second[0]) == ("50.0,2.5", "150.0,2.5")


def test_a_short_peak_is_kept() -> None:
    values: list[float | None] = [1.0] * 450
    values[200] = 100.0
    [curve] = curves(sparkline(values))
    assert len(curve) <= 60
    assert any(point.endswith(",2.5") for point in curve)


def test_without_values_nothing_is_drawn() -> None:
    assert [curves(sparkline(values)) for values in ([], [None], [3.0])] == [[], [], []]
