"""Exactly once and in order, whatever fails: dispatch as a whole, without servers."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bridge.dispatch.assignment import AssignmentState
from bridge.dispatch.conversations.release import FoundLetters, WantedLetters
from bridge.dispatch.work import OutgoingTask
from chat_tasks.formats.tasks import Reply
from tests.bridge.dispatch.simulated_pipeline import LOG, MANY, REQUESTS, SimulatedPipeline
from tests.bridge.dispatch.simulated_worker import UNWRITABLE

KEYS = ["ann and bob", "the family", "😀", "a fourth", UNWRITABLE]
SOME = st.integers(0, 1000)
HEADS = st.sampled_from(["forgotten", "kept", "elsewhere"])


class FaultyPipeline(RuleBasedStateMachine):
    """Tasks and replies are on their way as long as they please, and tasks of dead dispatchers run too."""

    @initialize()
    def start(self) -> None:
        self.pipeline = SimulatedPipeline()
        self.queued: list[OutgoingTask] = []
        self.replies: list[tuple[int, Reply]] = []
        self.found: list[tuple[AssignmentState, WantedLetters, FoundLetters]] = []

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=12))
    def send(self, keys: list[str]) -> None:
        for key in keys:
            self.pipeline.send(key)
        for partition in LOG:
            self.pipeline.ends[partition] += 1

    @rule(indices=st.lists(SOME, min_size=1, max_size=6))
    def send_to_new_ones(self, indices: list[int]) -> None:
        """And to some that were new lately."""
        keys = [f"new {number}" for number in range(len(self.pipeline.sent) + 2)]
        self.send([keys[-1 - index % len(keys)] for index in indices])

    @rule(key=st.sampled_from(KEYS), count=st.integers(0, 5))
    def request(self, key: str, count: int) -> None:
        self.pipeline.request(key, count)

    @rule(partition=st.sampled_from([*LOG, REQUESTS]), count=st.integers(1, 10), in_time=st.booleans())
    def deliver(self, partition: object, count: int, in_time: bool) -> None:
        """What was polled before the partition was paused still comes."""
        for one in [*LOG, REQUESTS]:
            if one == partition and not (in_time and one in self.pipeline.work.full()):
                self.pipeline.deliver(one, count)

    @rule(rounds=st.integers(1, 3), publishes=st.booleans())
    def all_goes_well(self, rounds: int, publishes: bool) -> None:
        """For a while."""
        for _ in range(rounds):
            for partition in {*LOG, REQUESTS} - self.pipeline.work.full():
                self.pipeline.deliver(partition, 10)
            for task in self.pipeline.plan():
                self.pipeline.reply(self.pipeline.worker.perform(task))
            if publishes:
                self.pipeline.quarantine()
                self.transact(survives=True)
                for found in self.pipeline.find_letters(most=5):
                    self.pipeline.take_letters(*found)
                self.pipeline.publish_settled_letters()
                self.pipeline.end_releases()

    @rule(keys=st.lists(st.integers(0, 3), min_size=1, max_size=4))
    def begin_and_go_on_elsewhere(self, keys: list[int]) -> None:
        """Another dispatcher goes on with conversations that have just begun."""
        names = [f"elsewhere {len(self.pipeline.sent)} {key}" for key in keys]
        self.send(names)
        self.all_goes_well(2, publishes=True)
        self.pipeline.restart()
        self.send(names)
        self.all_goes_well(1, publishes=True)

    @rule()
    def plan(self) -> None:
        self.queued.extend(self.pipeline.plan())

    @precondition(lambda self: self.queued)
    @rule(index=SOME, failing=st.frozensets(st.sampled_from(KEYS)), stays=st.booleans())
    def perform(self, index: int, failing: frozenset[str], stays: bool) -> None:
        """A worker takes any task; one that stays was doubled."""
        task = self.queued.pop(index % len(self.queued))
        epoch = int(task.task_id.split("-")[1])
        self.replies.append((epoch, self.pipeline.worker.perform(task, failing)))
        if stays:
            self.queued.append(task)

    @precondition(lambda self: self.replies)
    @rule(index=SOME, stays=st.booleans())
    def reply(self, index: int, stays: bool) -> None:
        epoch, reply = self.replies.pop(index % len(self.replies))
        self.pipeline.reply(reply)
        if stays:
            self.replies.append((epoch, reply))

    @precondition(lambda self: self.queued)
    @rule(index=SOME, runs_on=st.booleans())
    def lose(self, index: int, runs_on: bool) -> None:
        """Dispatch gives a task up; perhaps it is only slow."""
        task = self.queued.pop(index % len(self.queued))
        if task.task_id in self.pipeline.planned:
            self.pipeline.work.lost(task)
        if runs_on:
            self.queued.append(task)

    @rule()
    def flush_redis(self) -> None:
        self.queued.clear()
        self.replies.clear()
        self.pipeline.work.lose_all()

    @rule(key=st.sampled_from(KEYS))
    def damage(self, key: str) -> None:
        """Its rows contradict the log."""
        self.pipeline.worker.damaged.add(key)

    @rule(survives=st.booleans())
    def quarantine(self, survives: bool) -> None:
        self.pipeline.quarantine(survives=survives)

    @rule(key=st.sampled_from(KEYS), mended=st.booleans())
    def request_release(self, key: str, mended: bool) -> None:
        """Perhaps the rows still contradict the log, or do so again."""
        if mended and key != UNWRITABLE:
            self.pipeline.worker.damaged.discard(key)
        self.pipeline.request_release(key)

    @rule(key=st.sampled_from(KEYS))
    def damage_and_mend(self, key: str) -> None:
        """What was on its way meanwhile is kept aside."""
        self.damage(key)
        self.all_goes_well(2, publishes=True)
        self.request_release(key, mended=True)

    @rule(most=st.integers(1, 5))
    def find_letters(self, most: int) -> None:
        self.found.extend(self.pipeline.find_letters(most))

    @precondition(lambda self: self.found)
    @rule(index=SOME)
    def take_letters(self, index: int) -> None:
        self.pipeline.take_letters(*self.found.pop(index % len(self.found)))

    @rule()
    def publish_settled_letters(self) -> None:
        self.pipeline.publish_settled_letters()

    @rule(hears=st.booleans())
    def end_releases(self, hears: bool) -> None:
        self.pipeline.end_releases(hears=hears)

    @rule(key=st.sampled_from(KEYS), hears=st.booleans())
    def release_to_the_end(self, key: str, hears: bool) -> None:
        """Messages go on meanwhile."""
        self.request_release(key, mended=True)
        self.all_goes_well(2, publishes=True)
        self.send([key])
        self.pass_time(4)
        self.all_goes_well(1, publishes=True)
        self.transact(survives=True)
        self.end_releases(hears)
        self.send([key])
        self.all_goes_well(1, publishes=True)

    @rule()
    def rebalance(self) -> None:
        """The dispatcher gets the partitions back that it had."""
        self.pipeline.assign_again()

    @rule()
    def hand_over(self) -> None:
        self.pipeline.hand_over()

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=3, max_size=6))
    def go_and_come_back(self, keys: list[str]) -> None:
        """Another dispatcher publishes more of the same conversations meanwhile."""
        for _ in range(2):
            self.send(keys)
            self.all_goes_well(1, publishes=True)
            self.pipeline.hand_over()
        self.send(keys)
        self.all_goes_well(1, publishes=True)

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=3, max_size=6))
    def rebalance_before_the_commit(self, keys: list[str]) -> None:
        """What was written and not published comes again."""
        self.send(keys)
        self.all_goes_well(1, publishes=True)
        self.send(keys)
        self.all_goes_well(1, publishes=False)
        self.pipeline.assign_again()
        self.all_goes_well(1, publishes=True)

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=2, max_size=4), heads=HEADS)
    def publish_beside_a_replay_without_hearing_of_it(self, keys: list[str], heads: str) -> None:
        """The replay goes on in the next assignment, where what was published beside it is not new any more."""
        self.send(keys)
        self.all_goes_well(2, publishes=True)
        self.restart_cassandra(1)
        self.pipeline.assign_again()
        self.send(keys)
        for _ in range(2):
            for partition in LOG:
                self.pipeline.deliver(partition, 10)
        for task in self.pipeline.plan():
            if task.task_id.startswith("append"):
                self.pipeline.reply(self.pipeline.worker.perform(task))
        self.pipeline.transact()
        self.begin_again(heads)
        self.send(keys)
        self.all_goes_well(2, publishes=True)

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=4), seconds=st.integers(2, 4), heads=HEADS)
    def forget_on_both_sides(self, keys: list[str], seconds: int, heads: str) -> None:
        """Kafka what was purged, and Cassandra what it can: that is what has to be written again."""
        self.send(keys)
        self.all_goes_well(2, publishes=True)
        self.pass_time(seconds)
        self.send(keys)
        self.all_goes_well(1, publishes=True)
        self.purge()
        self.send(keys)
        self.all_goes_well(1, publishes=True)
        self.restart_kafka(0)
        self.restart_cassandra(MANY)
        self.begin_again(heads)
        self.all_goes_well(2, publishes=True)

    @rule(survives=st.booleans(), heads=HEADS)
    def transact(self, survives: bool, heads: str = "forgotten") -> None:
        transaction = self.pipeline.transact()
        if not survives:
            self.begin_again(heads)
        elif transaction is not None:
            self.pipeline.work.committed(transaction)

    @rule()
    def rest(self) -> None:
        self.pipeline.rest()

    @rule(heads=HEADS)
    def abort(self, heads: str) -> None:
        """The transaction is lost with its dispatcher."""
        self.pipeline.work.next_transaction()
        self.begin_again(heads)

    def begin_again(self, heads: str) -> None:
        """What is known of heads may survive, and must not be trusted where it is not what was committed.

        Or another dispatcher goes on, with what it knew when it had the partitions last.
        """
        if heads == "kept":
            self.pipeline.assign_again()
        elif heads == "elsewhere":
            self.pipeline.hand_over()
        else:
            self.pipeline.restart()

    @rule(keep_every=st.integers(1, 4), forgets_the_table=st.booleans())
    def restart_cassandra(self, keep_every: int, forgets_the_table: bool = False) -> None:
        self.pipeline.restart_cassandra(keep_every, forgets_the_table=forgets_the_table)

    @rule(key=st.sampled_from(KEYS), heads=HEADS)
    def forget_that_a_release_has_ended(self, key: str, heads: str) -> None:
        """And what was published since, and that the conversation was quarantined again."""
        self.release_to_the_end(key, hears=True)
        self.send([key] * 3)
        self.all_goes_well(2, publishes=True)
        self.damage(key)
        self.send([key] * 2)
        self.all_goes_well(2, publishes=True)
        self.pipeline.worker.damaged.discard(key)
        self.pipeline.worker.damaged.add(UNWRITABLE)
        self.restart_cassandra(MANY, forgets_the_table=True)
        self.begin_again(heads)
        self.all_goes_well(2, publishes=True)

    @rule(quarters=st.integers(0, 3))
    def restart_kafka(self, quarters: int) -> None:
        self.pipeline.restart_kafka(quarters)

    @rule(heads=HEADS)
    def notice_the_restart(self, heads: str) -> None:
        if self.pipeline.facts.generations != self.pipeline.worker.generations:
            self.begin_again(heads)

    @rule(seconds=st.integers(1, 4))
    def pass_time(self, seconds: int) -> None:
        self.pipeline.now += seconds

    @rule()
    def purge(self) -> None:
        self.pipeline.purge()

    def teardown(self) -> None:
        """When all goes well from now on, everything ends where it belongs, once."""
        self.pipeline.restart()
        self.pipeline.worker.damaged = {UNWRITABLE}
        for key in self.pipeline.quarantined.keys() - {UNWRITABLE}:
            self.pipeline.request_release(key)
        for _ in range(sum(self.pipeline.ends.values()) + 10):
            self.pipeline.now += 10
            self.all_goes_well(1, publishes=True)
        sent = {key: len(values) for key, values in self.pipeline.sent.items()}
        written = {key: len(values) for key, values in self.pipeline.published.items() if values}
        assert written == {key: count for key, count in sent.items() if key != UNWRITABLE}
        assert len(self.pipeline.waiting[UNWRITABLE]) == sent.get(UNWRITABLE, 0)
        assert self.pipeline.quarantined.keys() <= {UNWRITABLE}
        assert len(self.pipeline.blocks) == len(self.pipeline.seen_by_request)
        assert {key: len(rows) for key, rows in self.pipeline.worker.rows.items() if rows} == written
        assert (self.pipeline.work.appends.records, self.pipeline.work.appends.bytes) == (0, 0)
        assert self.pipeline.work.is_drained()


TestFaultyPipeline = FaultyPipeline.TestCase
TestFaultyPipeline.settings = settings(max_examples=100, stateful_step_count=50)
