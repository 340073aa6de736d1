"""The handler of the dispatch loop: connects an assignment's work with Redis, Cassandra and the clock."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

from bridge.dispatch.assignment import AssignmentState
from bridge.dispatch.conversations.standing import standing_document
from bridge.dispatch.gauges import gauges
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.quarantine.quarantine import QuarantineWork
from bridge.dispatch.scheduling.gathering import Gathering
from bridge.dispatch.servers.background_calls import CallDone
from bridge.dispatch.servers.cluster import Cluster
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.upkeep import Upkeep
from bridge.dispatch.work import OutgoingTask
from bridge.dispatch.workers.events import LookedFor, RedisBack, RedisLost, Replies, Sent
from bridge.dispatch.workers.in_flight import InFlight
from bridge.kafka.assignment import Assignment
from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.reading.offsets import Bounds
from bridge.kafka.transaction import CommittedOffset, Partition, Transaction
from bridge.loop.handler import LoopHandler, Unfinished
from chat_tasks.conversation.routing import queue_name
from chat_tasks.errors import NotOurs, UnsupportedVersion
from chat_tasks.formats.tasks import decode_reply
from chat_tasks.health.dependencies import Dependencies
from chat_tasks.log.shown_key import shown_key
from chat_tasks.log_rate.news import News
from chat_tasks.log_rate.refusals import Refusals
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Sample
from chat_tasks.settings import Settings

if TYPE_CHECKING:
    from bridge.dispatch.workers.reply_reader import ReplyReader

logger = logging.getLogger(__name__)

_GATHER_RECORDS_SECONDS = 0.008
_TICK_SECONDS = 1.0


class Dispatch(LoopHandler):
    """The handler of the dispatch loop.

    The `Loop` owns the handler and calls it in the loop's thread, `prepare` in the poller's. The handler owns what
    lives as long as the loop: `Upkeep`, `TaskSender`, `InFlight`, `Gathering`. It makes an `AssignmentState` and a
    `ReplyReader` for each assignment, and drops them when the assignment ends. Invariant: events of an earlier
    assignment change nothing. The next loop gets a new handler; `ProcessState` outlives both. An exception from a
    method ends the loop, except a reply that is not ours or not understood, which is logged and passed over.
    """

    def __init__(
        self, settings: Settings, cluster: Cluster, process_state: ProcessState, dependencies: Dependencies
    ) -> None:
        super().__init__([settings.log_topic, settings.request_topic], settings.dispatch_group)
        self._settings = settings
        self._cluster = cluster
        self._process_state = process_state
        self._dependencies = dependencies
        self._work: AssignmentState | None = None
        self._reader: ReplyReader | None = None
        self._counts = process_state.counts
        self._in_flight = InFlight(settings, self._counts.tasks)
        self._redis_answers = False
        self._news = News()
        self._gathering = Gathering(_GATHER_RECORDS_SECONDS)
        self._draining = False
        self._refusals = Refusals(logger)
        self._threads = ExitStack()

    def start(self, post: Callable[[object], None]) -> None:
        """Start the threads."""
        self._upkeep = Upkeep(self._settings, self._cluster, self._dependencies, post, self._is_current)
        self._threads.callback(self._upkeep.close)
        # Celery and Redis's client are a third of what dispatch imports. They are imported here while the loop joins
        # its group.
        from bridge.dispatch.workers.reply_reader import ReplyReader  # noqa: PLC0415
        from bridge.dispatch.workers.task_sender import TaskSender  # noqa: PLC0415

        self._reader_of = partial(ReplyReader, self._settings, post=post)
        self._sender = TaskSender(self._settings, post)
        self._threads.callback(self._sender.close)
        self._sender.start()
        self._threads.callback(self._drop)

    def close(self) -> None:
        """End the threads that `start` came to start."""
        self._threads.close()
        # A client's methods exclude each other: this waits for the calls that are under way.
        Thread(target=self._cluster.close, name="closing", daemon=True).start()

    def prepare(self, assignment: Assignment) -> AssignmentFacts:
        """Ask the servers for an assignment's facts, in the poller's thread.

        Raises `DependencyUnavailable`, `KafkaException`, `ConfigurationError`.
        """
        return self._cluster.facts(
            [one.number for one in assignment.partitions if one.topic == self._settings.log_topic]
        )

    def assigned(self, assignment: Assignment, prepared: AssignmentFacts) -> Mapping[Partition, int]:
        """Begin an assignment."""
        self._drop()
        self._work = work = AssignmentState(self._settings, assignment, prepared, self._process_state)
        self._reader = self._reader_of(work.reply_to)
        self._reader.start()
        if again := work.replaying:
            logger.info(
                "a Cassandra node has started: writing the last %d offsets of the log again",
                again,
                extra={"event": "replay_started", "count": again},
            )
        return work.start

    def revoked(self) -> None:
        """Drop everything of the assignment except the heads of what is committed."""
        if self._work is not None:
            self._work.hand_over()
        self._drop()

    def records(self, messages: Sequence[Any]) -> None:
        """Take consumed messages."""
        if self._work is not None:
            self._work.receive(messages)
            self._gathering.arrived(time.monotonic())

    def end_reached(self, partition: Partition, offset: int) -> None:
        """Take note that every record of the partition before `offset` was delivered."""
        if self._work is not None:
            self._work.end_reached(partition, offset)

    def unreadable(self, records: UnreadableRecords) -> None:
        """Make one dead letter of the requests, and log it. The partition of records of the log stays unread."""
        if self._work is not None:
            self._work.pass_over(records)

    def event(self, event: object) -> None:
        """Take what the threads have posted."""
        now = time.monotonic()
        match event:
            case Replies(list_name, values):
                if self._reader is not None and list_name == self._reader.list_name:
                    self._take_replies(values, now)
            case Sent(tasks):
                self._in_flight.sent(tasks, now)
            case LookedFor(asked, waiting):
                self._lose(self._in_flight.looked_for(asked, set(waiting), now))
            case RedisLost(reason):
                self._redis_answers = False
                self._dependencies.failed("redis", reason)
                if self._news.is_news(reason):
                    logger.warning(
                        "all tasks in flight are taken for lost: Redis: %s",
                        reason,
                        extra={"event": "redis_lost", "dependency": "redis", "reason": reason},
                    )
                self._lose_all()
            case RedisBack():
                self._redis_answers = True
                self._dependencies.answered("redis")
                self._lose_all()
            case CallDone():
                self._upkeep.done(event)
            case _:
                raise AssertionError(event)

    def tick(self, now: float) -> float:
        """Send the tasks that are ready, look for overdue ones, and do the upkeep that is due."""
        work = self._work
        if work is None:
            return now + _TICK_SECONDS
        next_tick = now + _TICK_SECONDS
        if self._redis_answers and not self._draining:
            if (more_until := self._gathering.more_until(now)) is not None:
                next_tick = min(more_until, next_tick)
            else:
                self._send(work, now)
                next_tick = min(work.next_plan_at(now) or next_tick, next_tick)
            if overdue := self._in_flight.overdue(now):
                self._sender.look_for(overdue)
        work.say(now)
        self._upkeep.tick(work, now)
        return next_tick

    def next_transaction(self, most_bytes: int) -> Transaction | None:
        """What is finished, or None."""
        return self._work.next_transaction(most_bytes) if self._work is not None else None

    def at_rest(self) -> Sequence[CommittedOffset]:
        """The commits that move offsets behind the markers of ingest's transactions."""
        return self._work.at_rest() if self._work is not None else ()

    def committed(self, transaction: Transaction) -> None:
        """Take note that the transaction is committed."""
        if self._work is not None:
            published = self._work.committed(transaction)
            self._counts.publish_times.published(published, self.delivery_times, time.time())
            self._counts.dead_letters.published(transaction.outputs)

    def full(self) -> set[Partition]:
        """The partitions that are to deliver no more for now."""
        return self._work.full() if self._work is not None else set()

    def unfinished(self) -> Mapping[Partition, Unfinished]:
        """The unfinished records and requests of each partition."""
        return self._work.unfinished() if self._work is not None else {}

    def paused(self) -> Mapping[str, int]:
        """The number of partitions that are paused, by the reason."""
        return self._work.paused() if self._work is not None else {}

    def measure(self, bounds: Mapping[Partition, Bounds]) -> Iterator[Sample]:
        """The gauges of the assignment and of the queues."""
        for queue, tasks in self._sender.waiting.items():
            yield definitions.QUEUE_TASKS.sample(tasks, queue)
        for number in range(self._settings.queues):
            name = queue_name(self._settings.redis_prefix, number)
            yield definitions.QUEUE_SERVED.sample(number not in self._in_flight.unserved, name)
            yield definitions.OLDEST_TASK_AGE.sample(self._in_flight.oldest(number, time.monotonic()), name)
        yield definitions.REQUESTS_OPEN.sample(self._upkeep.published is not None)
        if self._work is not None:
            yield from gauges(self._settings, self._work, bounds)

    def conversation(self, key: str) -> Mapping[str, Any] | None:
        """How a conversation stands, as JSON; None without an assignment."""
        return None if self._work is None else standing_document(self._work.appends, key)

    def has_work(self) -> bool:
        """Whether any record or request is unfinished."""
        return self._work is not None and self._work.has_work()

    def progress(self) -> int:
        """The number of replays written, of dead letters looked through, and of looks at letters that settle.

        No transaction shows this progress.
        """
        work = self._work
        return self._upkeep.letters_read + (work.replayed_count + work.quarantine.looks if work is not None else 0)

    def servers_answer(self) -> bool:
        """Whether Redis, all Cassandra nodes and workers of all queues answered when they were last asked.

        Without one Cassandra node some conversations may have to wait.
        """
        return self._redis_answers and self._upkeep.nodes_answer and self._in_flight.queues_are_served

    def drain(self) -> None:
        """Wait for the tasks in flight, and send no more."""
        self._draining = True

    def is_drained(self) -> bool:
        """Whether no task is in flight and nothing waits to be published."""
        return self._work is None or self._work.is_drained()

    def _is_current(self, work: QuarantineWork) -> bool:
        # Other threads ask too: between two looks at `_work` the loop's thread may have dropped the assignment.
        current = self._work
        return current is not None and current.quarantine is work

    def _send(self, work: AssignmentState, now: float) -> None:
        self._gathering.flushed()
        tasks = list(work.plan(now, self._in_flight.limit, published=self._upkeep.published))
        if tasks:
            self._in_flight.add(tasks, now)
            self._sender.send(tasks, work.facts.seal)

    def _take_replies(self, values: Sequence[bytes], now: float) -> None:
        work = self._work
        if work is None:
            return
        for value in values:
            try:
                reply = decode_reply(work.facts.seal.open(work.reply_to, value))
                task = self._in_flight.find(reply.task_id)
                refused = work.take_reply(task, reply, now) if task is not None else {}
            except NotOurs as error:
                self._refusals.add(f"a reply in {work.reply_to}", str(error), now)
                continue
            except (UnsupportedVersion, ValueError) as error:
                # The task of this reply stays in flight, and its deadline brings the records to another worker.
                logger.error(  # noqa: TRY400
                    "a reply is not understood: %s: %s",
                    type(error).__name__,
                    error,
                    extra={"event": "reply_not_understood", "reason": str(error)},
                )
                continue
            self._in_flight.answered(reply, now)
            for key, reason in refused.items():
                conversation = shown_key(key, self._settings)
                logger.error(
                    "conversation %s is going to be quarantined: %s",
                    conversation,
                    reason,
                    extra={"event": "conversation_quarantined", "conversation": conversation, "reason": reason},
                )
            self._upkeep.quarantine(refused)

    def _lose(self, tasks: Sequence[OutgoingTask]) -> None:
        for task in tasks:
            if self._work is not None and self._work.lost(task):
                self._counts.tasks.lost(task.kind)
                logger.warning(
                    "task %s was not answered in time, its records are sent again",
                    task.task_id,
                    extra={"event": "task_lost", "task_id": task.task_id, **task.span.log_fields},
                )

    def _lose_all(self) -> None:
        self._in_flight.clear()
        if self._work is None:
            return
        forgotten = self._work.lose_all()
        for kind, tasks in forgotten.items():
            self._counts.tasks.forgotten(kind, tasks)
        if count := sum(forgotten.values()):
            logger.info("%d tasks are sent again", count, extra={"event": "tasks_sent_again", "count": count})

    def _drop(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None
        self._work = None
        self._upkeep.begin_anew()
        self._in_flight.clear()
        self._gathering.flushed()
