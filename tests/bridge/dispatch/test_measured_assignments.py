"""What is measured costs as much after two hundred assignments as after two."""

import gc
import weakref
from collections.abc import Iterable

from bridge.dispatch.counts import DispatchCounts
from bridge.dispatch.gauges import gauges
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.workers.in_flight import InFlight
from bridge.kafka.reading.offsets import Bounds
from bridge.kafka.transaction import Partition
from bridge.loop.measuring.delivery_times import DeliveryTimes, Mark
from chat_tasks.metrics.exposition import exposition
from chat_tasks.metrics.metric import Sample
from chat_tasks.settings import Settings
from tests.bridge.dispatch.assignments import GENERATIONS, LOG, MANY, REQUESTS, assignment_work, logged, requested
from tests.bridge.dispatch.simulated_worker import SimulatedWorker

SETTINGS = Settings(queues=2, log_partitions=1)
BOUNDS = {LOG: Bounds(3, 100)}


def series_in(text: bytes) -> set[bytes]:
    """The series, without their values."""
    return {line.rpartition(b" ")[0] for line in text.splitlines() if not line.startswith(b"#")}


def objects_of(kinds: Iterable[type]) -> int:
    """How many objects of these kinds there are."""
    gc.collect()
    # `isinstance` would look through a dead weak reference, and fail.
    return sum(type(one) in kinds for one in gc.get_objects())


def test_two_hundred_assignments_leave_no_series_and_no_object_behind() -> None:
    counts = DispatchCounts(SETTINGS)
    process_state, times, in_flight = ProcessState(counts), DeliveryTimes(), InFlight(SETTINGS, counts.tasks)
    ended: list[weakref.ref[object]] = []

    def assignment() -> set[bytes]:
        work, worker = assignment_work(process_state=process_state), SimulatedWorker(GENERATIONS)
        ended.append(weakref.ref(work))
        times.clear()
        times.delivered({LOG: Mark(19, 1_000), REQUESTS: Mark(0, 1_000)})
        work.receive([*(logged(offset, key=f"c-{offset % 7}") for offset in range(20)), requested(0)])
        for task in list(work.plan(0, MANY, published=())):
            in_flight.add([task], 0)
            reply = worker.perform(task)
            work.take_reply(task, reply, 1)
            in_flight.answered(reply, 1)
        transaction = work.next_transaction()
        assert transaction is not None
        counts.loop.committed(transaction.outputs)
        counts.publish_times.published(work.committed(transaction), times, 2)
        counts.dead_letters.published(transaction.outputs)
        shown = series_in(exposition([*counts.samples(), *gauges(SETTINGS, work, BOUNDS)]))
        work.hand_over()
        return shown

    first, second = assignment(), assignment()
    objects = objects_of([Sample, Partition, Mark])
    for _ in range(198):
        assert assignment() == second
    assert first == second
    assert len(first) > 200
    assert objects_of([Sample, Partition, Mark]) == objects
    assert sum(one() is not None for one in ended) == 0
    assert counts.loop.published("instant_message_out") == 200 * 20


def test_the_marks_of_a_partition_stay_few_and_tell_almost_the_time() -> None:
    times = DeliveryTimes()
    for offset in range(0, 100_000, 10):
        times.delivered({LOG: Mark(offset + 9, offset)})
    assert len(times._marks[LOG]) <= 1_000
    assert 50_000 <= (times.time_of(LOG, 50_000) or 0) <= 60_000
    assert times.time_of(LOG, 99_999) == 99_990
    assert times.time_of(LOG, 100_000) is None
    times.committed(LOG, 99_995)
    assert times._marks[LOG] == [Mark(99_999, 99_990)]
    times.clear()
    assert times.time_of(LOG, 99_999) is None
