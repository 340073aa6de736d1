"""Everything that one dispatch process counts."""

from collections.abc import Iterator

from bridge.dispatch.commits.publish_times import PublishTimes
from bridge.dispatch.workers.task_counts import TaskCounts
from bridge.dispatch.workers.work_counts import WorkCounts
from bridge.loop.measuring.measurements import LoopMeasurements
from bridge.records.dead_letter_counts import DeadLetterCounts
from chat_tasks.metrics.definitions import LATEST_REQUESTS
from chat_tasks.metrics.metric import Sample
from chat_tasks.settings import Settings


class DispatchCounts:
    """The counts of one dispatch process, each beside what it counts.

    `ProcessState` owns them, and they outlive assignments and loops: a counter that began anew with each assignment
    would forget what nobody had read yet. They are added to in the loop's thread, and read in the thread that answers a
    Prometheus server. No method raises.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.loop = LoopMeasurements()
        self.tasks = TaskCounts()
        self.work = WorkCounts()
        self.publish_times = PublishTimes(settings.output_topic)
        self.dead_letters = DeadLetterCounts(settings.dead_letter_topic)

    def samples(self) -> Iterator[Sample]:
        """What was counted."""
        for counts in (self.loop, self.tasks, self.work, self.publish_times, self.dead_letters):
            yield from counts.samples()
        yield LATEST_REQUESTS.sample(self.loop.published(self._settings.block_topic), "answered")
        yield LATEST_REQUESTS.sample(self.dead_letters.of_topic(self._settings.request_topic), "dead_letter")
