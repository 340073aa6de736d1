"""Each metric, and each value of a label with a closed list, is moved by a test on real servers.

`python -m tests.test_metrics_are_moved` shows which tests those are.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

import pytest

from bridge.letters.waiting import STAGES
from bridge.loop.measuring.measurements import StartReason
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Kind, Metric
from stack.home import PROJECT_ROOT

TESTS = PROJECT_ROOT / "tests" / "integration"

CLOSED: Mapping[Metric, Mapping[str, Iterable[str]]] = {
    definitions.LOOP_STARTS: {"reason": StartReason},
    definitions.DEPENDENCY_UP: {"dependency": ("kafka", "redis", "cassandra")},
    definitions.PAUSED_PARTITIONS: {"reason": ("in_flight", "metadata", "requests", "unreadable")},
    definitions.TRANSACTIONS: {"outcome": ("committed", "failed")},
    definitions.TRANSACTION_DURATION: {"phase": ("produce", "offsets", "commit")},
    definitions.DEAD_LETTERS: {
        "stage": ("VALUE_CONVERTER", "CONSUME", "APPEND"),
        "reason": ("foreign", "unreadable", "quarantined"),
    },
    definitions.CONVERSATIONS: {"state": ("ready", "in_flight", "backoff", "held", "quarantined", "releasing")},
    definitions.TASKS: {"outcome": ("answered", "lost", "forgotten")},
    definitions.ANSWERS: {
        "answer": ("done", "busy", "retry", "refused"),
        "reason": ("lock", "cassandra", "node_started", "version", "number", "other", "rows"),
    },
    definitions.LOCKS: {"result": ("taken", "refused")},
    definitions.STORAGE_REQUESTS: {
        "operation": ("locks", "heads", "rows", "history"),
        "outcome": ("succeeded", "failed"),
    },
    definitions.HEADS: {"source": ("carried", "read")},
    definitions.LATEST_REQUESTS: {"outcome": ("answered", "dead_letter")},
    definitions.DEAD_LETTERS_WAITING: {"stage": STAGES},
    definitions.QUARANTINED_CONVERSATIONS: {"state": ("quarantined", "release_requested")},
}

# What no test on real servers moves yet. Tests of the pure parts do.
OPEN = {
    (definitions.PAUSED_PARTITIONS, "metadata"),
    (definitions.CONVERSATIONS, "held"),  # until the table has the conversation: milliseconds
    (definitions.ANSWERS, "node_started"),
    (definitions.ANSWERS, "version"),
    (definitions.ANSWERS, "number"),
    (definitions.ANSWERS, "other"),
}


def words_of_functions() -> Iterator[tuple[str, set[str]]]:
    """Each function of the tests that look at metrics, and the words that it names."""
    for path in sorted(TESTS.rglob("*.py")):
        if "tests.pipeline.scraped" not in (text := path.read_text()):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                words = {
                    one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and type(one.value) is str
                }
                yield f"{path.relative_to(PROJECT_ROOT)}::{node.name}", words


def moved_by(metric: Metric, value: str = "") -> list[str]:
    """The functions that look at the metric, and at this value of one of its labels."""
    name = metric.name.removeprefix("chat_tasks_")
    names = {f"{name}_count", f"{name}_sum"} if metric.kind is Kind.HISTOGRAM else {name}
    return [where for where, words in words_of_functions() if names & words and (not value or value in words)]


def closed(metric: Metric) -> Iterator[str]:
    """The values of the metric's labels that are known beforehand."""
    for values in CLOSED.get(metric, {}).values():
        yield from values


@pytest.mark.parametrize("metric", definitions.ALL, ids=lambda metric: metric.name)
def test_a_test_on_real_servers_moves_it(metric: Metric) -> None:
    assert moved_by(metric)
    found = {value: bool(moved_by(metric, value)) for value in closed(metric)}
    assert found == {value: (metric, value) not in OPEN for value in found}


if __name__ == "__main__":
    for one in definitions.ALL:
        for label in ("", *closed(one)):
            print(f"{one.name:48} {label:18} {', '.join(moved_by(one, label)) or '-'}")
