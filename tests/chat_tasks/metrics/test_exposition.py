"""The text that a Prometheus server reads."""

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from chat_tasks.metrics.definitions import ALL
from chat_tasks.metrics.exposition import exposition
from chat_tasks.metrics.histogram import Histogram
from chat_tasks.metrics.metric import Kind, Metric

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(chat_tasks_\w+)` \| ([^|]*) \| (\w+) \|", re.MULTILINE)


def test_a_histogram_is_read_as_it_was_filled() -> None:
    histogram = Histogram((0.1, 1.0))
    for value, times in ((0.1, 1), (0.5, 3), (70, 2), (-1, 1)):
        histogram.observe(value, times)
    metric = Metric("waited_seconds", Kind.HISTOGRAM, ("kind",), "What was waited for.")
    text = exposition([metric.sample(histogram, 'a"b\\c\nd')]).decode()
    [family] = text_string_to_metric_families(text)
    assert (family.name, family.type, family.documentation) == ("waited_seconds", "histogram", "What was waited for.")
    assert {labels["kind"] for _, labels, *_ in family.samples} == {'a"b\\c\nd'}
    found = {
        (name.removeprefix("waited_seconds_"), labels.get("le")): value for name, labels, value, *_ in family.samples
    }
    assert found == {
        ("bucket", "0.1"): 2,
        ("bucket", "1.0"): 5,
        ("bucket", "+Inf"): 7,
        ("count", None): 7,
        ("sum", None): 0.1 + 3 * 0.5 + 2 * 70,
    }


def test_samples_of_a_metric_are_shown_together_whatever_their_order() -> None:
    one, other = ALL[0], Metric("other_total", Kind.COUNTER, (), "Other.")
    text = exposition([one.sample(1, "1"), other.sample(7), one.sample(0, "2")]).decode()
    values = {
        family.name: [sample.value for sample in family.samples] for family in text_string_to_metric_families(text)
    }
    assert values == {one.name: [1, 0], "other": [7]}


def test_the_page_lists_every_metric_with_its_labels_and_kind_and_no_other() -> None:
    listed = {name: (set(re.findall(r"`(\w+)`", labels)), kind) for name, labels, kind in ROW.findall(PAGE.read_text())}
    assert listed == {metric.name: (set(metric.labels), metric.kind) for metric in ALL}
    assert list(listed) == [metric.name for metric in ALL]


def test_names_follow_the_convention() -> None:
    for metric in ALL:
        assert metric.name.startswith("chat_tasks_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.meaning.endswith(".")
