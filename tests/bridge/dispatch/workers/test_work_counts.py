"""What replies say of the workers, those of other versions too."""

import pytest

from bridge.dispatch.work import Finished, Outcome, OutgoingTask, TaskKind
from bridge.dispatch.workers.work_counts import WorkCounts, reason_of
from bridge.kafka.transaction import Partition
from chat_tasks.formats.tasks import Reply, Requests, Work, decode_reply

APPEND = OutgoingTask(TaskKind.APPEND, 0, "append-1-0", "name", 1, b"", "", 0, 9, (None, 4, 7, None))


def values(counts: WorkCounts) -> dict[str, float]:
    """Everything that is not 0."""
    return {
        " ".join([sample.metric.name.removeprefix("chat_tasks_"), *filter(None, sample.labels)]): sample.value
        for sample in counts.samples()
        if isinstance(sample.value, int | float) and sample.value
    }


def test_a_reply_counts_with_what_came_of_it() -> None:
    counts = WorkCounts()
    work = Work({"rows": Requests(0.5, 3, 1), "locks": Requests(0.25, 1, 0)}, 6, 3, 1)
    outcome = Outcome(
        refused={"abc": "row 5 contradicts"},
        retries={"a later assignment holds the lock": 1, "Cassandra: WriteTimeout": 1},
    )
    counts.replied(APPEND, Reply("append-1-0", 0.1, [0, 0, 0, 0], work=work), outcome)
    assert values(counts) == {
        "answers_total append done": 1,
        "answers_total append busy lock": 1,
        "answers_total append retry cassandra": 1,
        "answers_total append refused rows": 1,
        "heads_total read": 2,
        "heads_total carried": 2,
        "locks_total taken": 3,
        "locks_total refused": 1,
        "rows_written_total": 6,
        "storage_seconds_total rows": 0.5,
        "storage_seconds_total locks": 0.25,
        "storage_requests_total rows succeeded": 3,
        "storage_requests_total rows failed": 1,
        "storage_requests_total locks succeeded": 1,
    }


def test_requests_count_one_by_one() -> None:
    counts = WorkCounts()
    task = OutgoingTask(TaskKind.LATEST, 0, "latest-1-0", "name", 1, b"", "", 0, 2)
    finished = [Finished(Partition("latest_messages_request", 0), (offset,), ()) for offset in range(2)]
    counts.replied(task, Reply("latest-1-0", 0.1, ["{}", "{}"]), Outcome(finished=finished))
    assert values(counts) == {"answers_total latest done": 2}


@pytest.mark.parametrize(
    ("reply", "rows"),
    [
        (b'{"version":2,"task":"append-1-0","seconds":0.1,"results":[0,0,0,0]}', None),
        (b'{"version":2,"task":"append-1-0","seconds":0.1,"results":[0,0,0,0],"work":{"rows":4,"later":1}}', 4),
        (
            b'{"version":2,"task":"append-1-0","seconds":0,"results":[0,0,0,0],"work":{"rows":4,"requests":{"x":[1,2,3,4]}}}',
            4,
        ),
    ],
)
def test_a_worker_of_another_version_is_understood(reply: bytes, rows: int | None) -> None:
    counts = WorkCounts()
    counts.replied(APPEND, decode_reply(reply), Outcome())
    found = values(counts)
    assert found["answers_total append done"] == 4
    assert found.get("rows_written_total") == rows
    assert not any(name.endswith(" x") for name in found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a later assignment holds the lock", "lock"),
        ("Cassandra: ReadTimeout", "cassandra"),
        ("no Cassandra node answers (127.0.0.1: x)", "cassandra"),
        ("Cassandra node 7 has started since the window was last replayed", "node_started"),
        ("append task of version 3 is not supported by this process", "version"),
        ("a worker gave the number 7 after 4 to offset 9", "number"),
        ("anything else", "other"),
    ],
)
def test_reasons_are_of_a_closed_list(text: str, reason: str) -> None:
    assert reason_of(text) == reason
