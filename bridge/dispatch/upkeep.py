"""The upkeep of dispatch: what it asks of the servers now and then, and what it tells them."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from confluent_kafka import KafkaException

from bridge.dispatch.assignment import AssignmentState
from bridge.dispatch.commits.commit_metadata import digest_of
from bridge.dispatch.quarantine.quarantine import QuarantineWork
from bridge.dispatch.quarantine.release_calls import ReleaseCalls
from bridge.dispatch.servers.background_calls import BackgroundCalls, CallDone
from bridge.dispatch.servers.cluster import Cluster
from bridge.loop.events import AssignmentOutdated
from chat_tasks.errors import Denied, DependencyUnavailable
from chat_tasks.health.dependencies import Dependencies
from chat_tasks.log_rate.news import News
from chat_tasks.settings import Settings
from chat_tasks.storage.generations import AskedNodes

logger = logging.getLogger(__name__)

_NODES_SECONDS = 1.0
_MISSING_NODES_SECONDS = 0.25
_GATE_SECONDS = 0.3
_PUBLISHED_SECONDS = 1.0
_ASSIGNMENT_SECONDS = 1.0
_QUARANTINE_SECONDS = 1.0


class Upkeep:
    """Watches the nodes' generations, opens the gate for requests, and purges, quarantines and releases.

    `Dispatch` owns the upkeep, makes it when the loop starts, and closes it when the loop ends. All methods are called
    in the loop's thread; the calls to servers run in `BackgroundCalls`. Invariants: the log is purged, and settled
    letters are published, only if every node answered and none has started; and no assignment is taken anew while a
    purge is under way. `begin_anew` drops what belongs to an assignment. Failures of servers are logged, and their
    calls are sent again; any other error of a call ends the loop. Times are seconds of a monotonic clock.

    `published` is None until the gate for requests opens: until everything that a node may have forgotten is written
    again, by the other members of the group too. Then it is one offset for each partition of the log, below which
    every record is published.
    """

    def __init__(
        self,
        settings: Settings,
        cluster: Cluster,
        dependencies: Dependencies,
        post: Callable[[object], None],
        is_current: Callable[[QuarantineWork], bool],
    ) -> None:
        """Make the upkeep; `is_current` says whether the work is that of the running assignment.

        A call in the background asks `is_current` too, to end early if its result has no use any more.
        """
        self._settings = settings
        self._cluster = cluster
        self._dependencies = dependencies
        self._post = post
        self._calls = BackgroundCalls(post)
        self._releases = ReleaseCalls(settings, cluster, self._calls, is_current)
        self._news = News()
        self._any_node_answers = True
        self._every_node_answers = True
        self._to_quarantine: dict[str, str] = {}
        self._is_outdated = False
        self._due = dict.fromkeys(("nodes", "gate", "assignment", "quarantine"), 0.0)
        self.published: Sequence[int] | None = None

    @property
    def letters_read(self) -> int:
        """The number of dead letters that were looked through."""
        return self._releases.letters_read

    @property
    def nodes_answer(self) -> bool:
        """Whether all nodes of Cassandra answered when they were last asked."""
        return self._any_node_answers and self._every_node_answers

    def begin_anew(self) -> None:
        """Drop what belongs to an assignment that has ended."""
        self._calls.begin_anew()
        self.published = None
        self._is_outdated = False
        self._to_quarantine.clear()

    def quarantine(self, reasons: Mapping[str, str]) -> None:
        """Note conversations to quarantine durably, each with its reason."""
        self._to_quarantine.update(reasons)

    def tick(self, work: AssignmentState, now: float) -> None:
        """Send the calls that are due."""
        # A node that comes back may have forgotten rows, which are to be written again before anything else.
        if self._is_due("nodes", now, _NODES_SECONDS if self.nodes_answer else _MISSING_NODES_SECONDS):
            self._calls.send("nodes", self._cluster.generations, partial(self._take_generations, work, now))
        if self._is_due("gate", now, _GATE_SECONDS if self.published is None else _PUBLISHED_SECONDS):
            digest = digest_of(work.facts.generations)
            self._calls.send("gate", partial(self._cluster.published, digest), self._open_requests)
        if self._to_quarantine and self._is_due("quarantine", now, _QUARANTINE_SECONDS):
            doomed = dict(self._to_quarantine)
            self._calls.send("quarantine", partial(self._cluster.quarantine, doomed), lambda _: self._add(work, doomed))
        self._releases.tick(work.quarantine, now)

    def done(self, done: CallDone) -> None:
        """Take the result of a call; post `AssignmentOutdated` if it tells that a node has started."""
        try:
            self._calls.finish(done)
        except Denied as error:
            if done.name == "nodes":
                self._any_node_answers = False
                self._dependencies.failed(error.dependency, str(error))
            if self._news.is_news(str(error)):
                logger.warning(
                    "%s",
                    error,
                    extra={"event": "denied", "dependency": error.dependency, "reason": str(error)},
                )
        except DependencyUnavailable as error:
            if self._any_node_answers:
                logger.warning(
                    "%s",
                    error,
                    extra={
                        "event": "dependency_unavailable",
                        "dependency": error.dependency,
                        "reason": str(error),
                    },
                )
            self._any_node_answers = False
            self._dependencies.failed(error.dependency, str(error))
        except KafkaException:
            # The loop hears of Kafka's failures soon enough by itself. Any other error must not be passed over.
            logger.debug("Kafka did not answer the call %s", done.name, extra={"event": "call_failed"})

    def close(self) -> None:
        """End the threads."""
        self._calls.close()

    def _open_requests(self, published: Sequence[int] | None) -> None:
        self.published = published or self.published

    def _add(self, work: AssignmentState, quarantined: Mapping[str, str]) -> None:
        for key, reason in quarantined.items():
            del self._to_quarantine[key]
            work.quarantine.quarantined(key, reason)

    def _take_generations(self, work: AssignmentState, asked_at: float, asked: AskedNodes) -> None:
        self._any_node_answers, self._every_node_answers = True, asked.all_answered
        self._dependencies.answered("cassandra")
        replayed = work.facts.generations
        started = [host for host, generation in asked.generations.items() if replayed.get(host) != generation]
        if started:
            # A purge under way might delete the records that the new assignment begins with.
            if not (self._is_outdated or self._calls.is_under_way("purge")) and self._is_due(
                "assignment", asked_at, _ASSIGNMENT_SECONDS
            ):
                self._is_outdated = True
                self._post(AssignmentOutdated(f"Cassandra node {', '.join(started)} has started"))
            return
        # While a node is down nobody knows what it will have forgotten, so the log keeps everything. The answers prove
        # that the nodes ran when they were asked, and nothing of the time since: this process may have been paused, and
        # the nodes killed.
        if self._every_node_answers:
            before = asked_at - self._settings.replay_window
            if not self._calls.is_under_way("purge") and (purgeable := work.log_purge.purgeable(before)):
                self._calls.send("purge", partial(self._cluster.purge, purgeable))
            if not self._calls.is_under_way("horizons") and (reached := work.log_purge.horizons()):
                # No node may forget a horizon below which the log is purged, so they have to be as old as the rows.
                store = partial(self._cluster.store_horizons, work.facts.log_id, reached)
                self._calls.send("horizons", store, lambda _: work.log_purge.horizons_stored(reached, time.monotonic()))
            work.quarantine.publish_settled(before)

    def _is_due(self, name: str, now: float, interval: float) -> bool:
        if now < self._due[name]:
            return False
        self._due[name] = now + interval
        return True
