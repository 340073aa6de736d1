"""Ratios compare what ran side by side."""

from bench.measure.throughput import Throughput
from bench.measure.usage import Usage
from bench.report.summary import Spread, medians, of_load, ratios


def run(contestant: str, repetition: int, rate: float, load: str = "2000") -> Throughput:
    return Throughput(contestant, load, repetition, round(rate * 10), 10.0, 0, Usage({"worker": rate}, {}, 0.0))


def test_ratios_are_taken_within_a_repetition() -> None:
    ours = [run("ours", 1, 1000), run("ours", 2, 500), run("ours", 3, 800)]
    theirs = [run("theirs", 1, 100), run("theirs", 2, 50), run("theirs", 3, 100)]
    assert ratios(ours, theirs) == Spread(10, 8, 10)


def test_without_a_common_repetition_there_is_no_ratio() -> None:
    assert ratios([run("ours", 1, 1000)], [run("theirs", 2, 100)]) is None
    assert ratios([], [run("theirs", 2, 100)]) is None


def test_runs_are_found_by_load_and_contestant() -> None:
    runs = [run("a", 1, 1), run("b", 1, 2), run("a", 2, 3), run("a", 1, 4, load="50")]
    assert of_load(runs, "2000") == {"a": [runs[0], runs[2]], "b": [runs[1]]}
    assert of_load(runs, "one") == {}


def test_medians_are_taken_name_by_name() -> None:
    assert medians([{"a": 1, "b": 5}, {"a": 2}, {"a": 9}]) == {"a": 2, "b": 5}


def test_processor_time_is_counted_a_message() -> None:
    # 100 seconds for 1,000 messages.
    assert run("a", 1, 100).processor_microseconds == {"worker": 100_000}
