"""How much one assignment takes in, and how much it gives out at once."""

from typing import Any

import pytest

from tests.bridge.dispatch.assignments import (
    FROM_BOB,
    GENERATIONS,
    LOG,
    MANY,
    REQUESTS,
    assignment_work,
    logged,
    perform_all,
    published,
    requested,
)
from tests.bridge.dispatch.simulated_worker import SimulatedWorker
from tests.bridge.messages import ConsumedMessage


def test_a_full_memory_pauses_the_log_until_half_of_it_is_free() -> None:
    work, worker = assignment_work(records_in_flight=4, task_records=1, tasks_per_queue=1), SimulatedWorker(GENERATIONS)
    paused = []
    for offset in range(4):
        paused.append(work.full())
        work.receive([logged(offset)])
    for _ in range(4):
        paused.append(work.full())
        perform_all(work, worker)
        published(work)
    assert paused == [set()] * 4 + [{LOG}] * 2 + [set()] * 2


def test_what_is_written_fills_it_until_it_is_published() -> None:
    work = assignment_work(bytes_in_flight=2 * len(FROM_BOB))
    work.receive([logged(0), logged(1)])
    perform_all(work, SimulatedWorker(GENERATIONS))
    assert work.full() == {LOG, REQUESTS}
    assert work.paused() == {"in_flight": 1, "metadata": 0, "requests": 1, "unreadable": 0}
    published(work)
    assert work.full() == set()
    assert not any(work.paused().values())


@pytest.mark.parametrize("bound", [{"records_in_flight": 2}, {"bytes_in_flight": 2 * len(FROM_BOB)}])
def test_letters_fill_it_until_they_are_published(bound: dict[str, Any]) -> None:
    work = assignment_work(quarantined=frozenset({"abc123"}), **bound)
    work.receive([logged(0), requested(0)])
    assert work.full() == set()
    work.receive([ConsumedMessage(LOG.topic, LOG.number, 1, FROM_BOB)])
    assert work.full() == {LOG, REQUESTS}
    published(work)
    assert work.full() == set()


def test_invalid_requests_fill_it_until_their_letters_are_published() -> None:
    work = assignment_work(records_in_flight=2)
    work.receive([requested(offset, b"no request") for offset in range(2)])
    assert work.full() == {LOG, REQUESTS}
    published(work)
    assert work.full() == set()


def test_many_bytes_fill_it_too() -> None:
    work = assignment_work(bytes_in_flight=2 * len(FROM_BOB))
    work.receive([logged(0)])
    assert work.full() == set()
    work.receive([logged(1)])
    assert work.full() == {LOG}


def test_many_requests_pause_the_requests_alone() -> None:
    work = assignment_work()
    work.receive([requested(offset) for offset in range(2_000)])
    assert work.full() == {REQUESTS}
    assert work.paused() == {"in_flight": 0, "metadata": 0, "requests": 1, "unreadable": 0}


def test_a_straggler_pauses_its_partition_before_the_metadata_is_too_long() -> None:
    work, worker = assignment_work(records_in_flight=100_000), SimulatedWorker(GENERATIONS)
    work.receive([logged(0, key="straggler")])
    list(work.plan(0, MANY, published=None))
    offset = 1
    while LOG not in work.full():
        # The worst case: every other offset is unfinished, and no run of equal bytes saves anything.
        work.receive([logged(one, key="straggler" if one % 2 else "fast") for one in range(offset, offset + 1_000)])
        offset += 1_000
        perform_all(work, worker)
        transaction = work.next_transaction()
        assert transaction is not None
        work.committed(transaction)
        assert all(len(committed.metadata) <= 4_096 for committed in transaction.offsets)
    assert offset > 15_000
    assert work.paused() == {"in_flight": 0, "metadata": 1, "requests": 0, "unreadable": 0}
    unfinished, first = work.unfinished()[LOG]
    assert (unfinished, first) == (offset // 2 + 1, 0)


def test_a_hot_conversation_makes_no_transaction_larger_than_it_may_be() -> None:
    work = assignment_work()
    long = FROM_BOB.replace(b"there", b"x" * 10_000)
    work.receive([logged(offset, long) for offset in range(40)])
    perform_all(work, SimulatedWorker(GENERATIONS))
    sizes = []
    while (transaction := work.next_transaction(64_000)) is not None:
        sizes.append(transaction.size)
        work.committed(transaction)
        assert transaction.offsets[0].offset == 7 * len(sizes) or len(sizes) == 6
    assert len(sizes) == 6
    assert max(sizes) < 64_000 + 2 * len(long)


def test_a_transaction_has_an_end() -> None:
    work = assignment_work(quarantined=frozenset({"abc123"}))
    work.receive([logged(offset) for offset in range(5_001)])
    assert [len(published(work)), len(published(work))] == [5_000, 1]
    assert work.next_transaction() is None
