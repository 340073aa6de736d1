"""One partition through restarts of dispatch and of Cassandra, against plain sets."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.dispatch.commits.commit_metadata import CommitMetadata, decode_metadata
from bridge.dispatch.commits.partition_progress import Delivery, PartitionProgress
from bridge.dispatch.commits.replay import PartitionState
from bridge.kafka.transaction import CommittedOffset, Partition

PARTITION = Partition("conversation_log", 0)


class PartitionWithRestarts(RuleBasedStateMachine):
    """`log` holds the offsets that have a record, `rows` what Cassandra remembers, `published` the output topic."""

    @initialize(start=st.integers(0, 20))
    def initialise(self, start: int) -> None:
        self.log: list[int] = []
        self.end = start
        self.rows: set[int] = set()
        self.published: set[int] = set()
        self.group = CommittedOffset(PARTITION, start, "")
        self.started = 0
        self.durable: set[int] = set()
        self.restart()

    @rule()
    def restart(self) -> None:
        """Dispatch ends, at whatever moment, and a successor begins."""
        metadata = decode_metadata(self.group.metadata)
        self.progress = PartitionProgress(PARTITION, self.group.offset, metadata, str(self.started))
        self.position = 0 if self.progress.state is PartitionState.REPLAYING else self.group.offset
        self.work: list[int] = []
        self.replays: list[int] = []

    @rule()
    def restart_cassandra(self) -> None:
        """It forgets everything that it can; dispatch notices and begins anew."""
        self.rows = set(self.durable)
        self.started += 1
        self.restart()

    @precondition(lambda self: self.progress.state is not PartitionState.REPLAYING)
    @rule()
    def pass_time(self) -> None:
        """What is committed was written long ago."""
        self.progress.make_durable(self.group.offset)
        self.durable.update(offset for offset in self.rows if offset < self.group.offset)

    @rule(count=st.integers(1, 20), gap=st.integers(0, 2))
    def append(self, count: int, gap: int) -> None:
        """A transaction of the ingest: its records, then markers or aborted ones."""
        self.log.extend(range(self.end, self.end + count))
        self.end += count + gap

    @rule(count=st.integers(1, 30))
    def deliver(self, count: int) -> None:
        for offset in [offset for offset in self.log if offset >= self.position][:count]:
            delivery = self.progress.deliver(offset)
            assert (delivery is Delivery.WORK) == (offset not in self.published)
            if delivery is Delivery.WORK:
                self.work.append(offset)
            elif delivery is Delivery.REPLAY:
                self.replays.append(offset)
            self.position = offset + 1

    @rule()
    def reach_end(self) -> None:
        if not self.log or self.position > self.log[-1]:
            self.progress.reached_end(self.end)

    @precondition(lambda self: self.progress.is_behind_its_end)
    @rule(survives=st.booleans())
    def rest(self, survives: bool) -> None:
        """Only markers are left to commit."""
        assert not self.work
        self.transact([], survives)
        assert self.group.offset == self.end or self.progress.state is PartitionState.REPLAYING
        assert not self.progress.is_behind_its_end

    @precondition(lambda self: self.replays)
    @rule(index=st.integers(0, 1000))
    def replay(self, index: int) -> None:
        self.rows.add(self.replays.pop(index % len(self.replays)))
        self.progress.replayed()

    @precondition(lambda self: self.work or self.progress.state is PartitionState.REPLAYED)
    @rule(indices=st.lists(st.integers(0, 1000), max_size=8), survives=st.booleans())
    def transact(self, indices: list[int], survives: bool) -> None:
        """Some records are written, published and committed; dispatch hears of it or ends before."""
        finished = [self.work.pop(index % len(self.work)) for index in indices if self.work]
        for offset in finished:
            self.progress.finish(offset)
        self.rows.update(finished)
        self.published.update(finished)
        self.group = self.progress.commit()
        if survives:
            self.progress.committed()
        else:
            self.restart()

    @invariant()
    def the_committed_offset_is_the_lowest_unpublished_record(self) -> None:
        if self.group.metadata:
            known = [offset for offset in self.log if offset < max(self.published, default=0)]
            unpublished = [offset for offset in known if offset not in self.published]
            assert self.group.offset <= min(unpublished, default=self.end)
            assert all(offset in self.published for offset in self.log if offset < self.group.offset)

    @invariant()
    def what_the_group_believes_to_be_written_is_written(self) -> None:
        if decode_metadata(self.group.metadata) != CommitMetadata():
            digest = decode_metadata(self.group.metadata).digest
            assert digest != str(self.started) or self.published <= self.rows

    @invariant()
    def the_replay_ends_when_every_published_row_is_back(self) -> None:
        assert self.progress.state is PartitionState.REPLAYING or self.published <= self.rows

    def teardown(self) -> None:
        """Whatever has happened: a last successor comes to an end with every record published."""
        self.restart()
        self.deliver(len(self.log))
        for _ in range(len(self.replays)):
            self.replay(0)
        self.reach_end()
        self.transact([0] * len(self.work), survives=True)
        assert self.published == set(self.log)
        assert self.published == self.rows
        assert self.progress.state is not PartitionState.REPLAYING
        assert self.progress.state is not PartitionState.REPLAYED
        self.the_committed_offset_is_the_lowest_unpublished_record()


TestPartitionWithRestarts = PartitionWithRestarts.TestCase
TestPartitionWithRestarts.settings = settings(max_examples=500, stateful_step_count=50)
