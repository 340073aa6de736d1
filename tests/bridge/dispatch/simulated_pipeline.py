"""Dispatch between a log, workers and outputs that are plain lists, to be stopped at any moment.

What the servers promise is kept: a transaction happens whole or not at all, and Cassandra forgets nothing that
it took in before the replay window began.
"""

import json
from collections import defaultdict
from collections.abc import Mapping

from bridge.dispatch.assignment import AssignmentState
from bridge.dispatch.commits.commit_metadata import decode_metadata, digest_of
from bridge.dispatch.conversations.release import FoundLetters, WantedLetters
from bridge.dispatch.counts import DispatchCounts
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.quarantine.letter_box import LetterBox
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.work import OutgoingTask
from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.transaction import CommittedOffset, Output, Partition, Transaction
from bridge.records.quarantine_letters import read_letter
from chat_tasks.conversation.records import Row
from chat_tasks.conversation.routing import partition_of
from chat_tasks.formats.tasks import Generations, Reply
from chat_tasks.formats.topics import InstantMessage, encode_message, with_sequence
from chat_tasks.settings import Settings
from tests.bridge.dispatch.appends import LOG_ID, SEAL
from tests.bridge.dispatch.simulated_worker import SimulatedWorker
from tests.bridge.messages import ConsumedMessage, logged_message

SETTINGS = Settings(
    queues=2, tasks_per_queue=2, task_records=5, records_in_flight=12, log_partitions=2, replay_window=3
)
LOG = [Partition(SETTINGS.log_topic, number) for number in range(2)]
REQUESTS = Partition(SETTINGS.request_topic, 0)
MANY = 1_000


class SimulatedPipeline:
    """All that outlives a dispatcher, and the dispatcher of now."""

    def __init__(self) -> None:
        self.logged: dict[Partition, list[ConsumedMessage]] = {partition: [] for partition in (*LOG, REQUESTS)}
        self.ends: dict[Partition, int] = dict.fromkeys(self.logged, 0)
        self.lows: dict[Partition, int] = dict.fromkeys(self.logged, 0)
        self.group = {partition: CommittedOffset(partition, 0, "") for partition in self.logged}
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self.published: dict[str, list[Output]] = defaultdict(list)
        self.dead_letters: list[Output] = []
        self.blocks: list[Output] = []
        self.seen_by_request: list[int] = []
        self.waiting: dict[str, list[Output]] = defaultdict(list)
        self.quarantined: dict[str, str] = {}
        self.requests: dict[str, int] = {}
        self.mended_up_to: dict[str, int] = {}
        self.deleted: list[tuple[float, str, str, int]] = []
        self.stored_horizons: list[tuple[float, Mapping[int, int]]] = []
        self.worker = SimulatedWorker(self.generations(0))
        self.epoch = 0
        self.state_elsewhere = ProcessState(DispatchCounts(SETTINGS))
        self.restart()

    @property
    def now(self) -> float:
        """Seconds; the worker's clock is this one."""
        return self.worker.now

    @now.setter
    def now(self, now: float) -> None:
        self.worker.now = now

    @staticmethod
    def generations(started: int) -> Generations:
        return {"host": started}

    def assign_again(self) -> None:
        """The dispatcher gives its partitions up and takes them again, with what it knows of them."""
        self._end()
        self._begin()

    def hand_over(self) -> None:
        """Another dispatcher gets the partitions, which knows what it knew when it had them last."""
        self._end()
        self.process_state, self.state_elsewhere = self.state_elsewhere, self.process_state
        self._begin()

    def restart(self) -> None:
        """The dispatcher ends, and another one begins with what the group holds."""
        self.process_state = ProcessState(DispatchCounts(SETTINGS))
        self._begin()

    def _end(self) -> None:
        self.work.hand_over()

    def _begin(self) -> None:
        self.epoch += 1
        self.facts = AssignmentFacts(
            LOG_ID,
            dict(self.worker.generations or {}),
            frozenset(self.quarantined.keys() - self.requests.keys()),
            dict(self.requests),
            3,
            3,
            SEAL,
            self.horizons(),
        )
        assignment = Assignment(
            self.epoch,
            {one: Committed(held.offset, held.metadata, self.lows[one]) for one, held in self.group.items()},
            None,
        )
        self.work = AssignmentState(SETTINGS, assignment, self.facts, self.process_state)
        self.positions = dict(self.work.start)
        self.planned: dict[str, OutgoingTask] = {}
        self.to_quarantine: dict[str, str] = {}

    def send(self, key: str) -> None:
        """One more message of a conversation."""
        partition = LOG[partition_of(key.encode(), len(LOG))]
        body = f"message {len(self.sent[key])} of {key}"
        value = encode_message(InstantMessage(conversationKey=key, sender="bob", recipients=["ann"], body=body))
        self.sent[key].append(value)
        self.logged[partition].append(logged_message(partition.number, self.ends[partition], key, value, []))
        self.ends[partition] += 1

    def request(self, key: str, count: int) -> None:
        """Somebody who has seen what is published asks for the latest messages."""
        value = json.dumps({"conversationKey": key, "numMsgs": count}).encode()
        header: tuple[str, bytes | None] = ("request", b"%d" % len(self.seen_by_request))
        self.seen_by_request.append(len(self.published[key]) if count else 0)
        offset = self.ends[REQUESTS]
        self.logged[REQUESTS].append(
            ConsumedMessage(REQUESTS.topic, REQUESTS.number, offset, value, with_headers=[header])
        )
        self.ends[REQUESTS] += 1

    def deliver(self, partition: Partition, count: int) -> None:
        """The next messages, and the end of the partition where it is reached."""
        position = self.positions[partition]
        begin = max(position, self.lows[partition])
        following = [message for message in self.logged[partition] if message.at_offset >= begin]
        self.work.receive(following[:count])
        if len(following) > count:
            self.positions[partition] = following[count].at_offset
        else:
            self.positions[partition] = self.ends[partition]
            self.work.end_reached(partition, self.ends[partition])

    def plan(self) -> list[OutgoingTask]:
        """The tasks to send; requests only once every dispatcher's replay is committed."""
        digests = {decode_metadata(self.group[partition].metadata).digest for partition in LOG}
        is_replayed = digests == {digest_of(self.facts.generations)}
        tasks = list(self.work.plan(self.now, MANY, published=() if is_replayed else None))
        self.planned.update({task.task_id: task for task in tasks})
        return tasks

    def reply(self, reply: Reply) -> None:
        """Each dispatcher reads its own replies only."""
        if (task := self.planned.get(reply.task_id)) is not None:
            self.to_quarantine.update(self.work.take_reply(task, reply, self.now))

    def quarantine(self, *, survives: bool = True) -> None:
        """First durably, then in memory."""
        self.quarantined.update(self.to_quarantine)
        for key in self.to_quarantine:
            self.requests.pop(key, None)
        if not survives:
            self.restart()
        for key, reason in self.to_quarantine.items():
            self.work.quarantine.quarantined(key, reason)
        self.to_quarantine = {}

    def request_release(self, key: str) -> None:
        """Somebody has made the rows what was published, and says so."""
        if key in self.quarantined and key not in self.requests:
            published = len(self.published[key])
            self.worker.rows[key].update({number: self.worker.written[key][number] for number in range(published)})
            self.mended_up_to[key] = published
            self.epoch += 1
            self.requests[key] = self.epoch

    def find_letters(self, most: int) -> list[tuple[AssignmentState, WantedLetters, FoundLetters]]:
        """What a look through the dead letters finds now, for the dispatcher that has asked."""
        self.work.quarantine.begin_releases(self.requests)
        found = []
        for wanted in self.work.quarantine.wanted():
            box = LetterBox(wanted, most, 1_000_000)
            for offset, output in enumerate(self.dead_letters):
                message = ConsumedMessage(output.topic, 0, offset, output.value, output.key, output.headers)
                letter = read_letter(SETTINGS, message)
                assert letter is not None
                box.take(letter)
            found.append((self.work, wanted, box.found()))
        return found

    def take_letters(self, asked_by: AssignmentState, wanted: WantedLetters, found: FoundLetters) -> None:
        """Those that another dispatcher has asked for are of no use."""
        if asked_by is self.work:
            self.work.quarantine.take_letters(wanted, found)

    def publish_settled_letters(self) -> None:
        """No node has started since they were written, so their rows are as safe as all that is that old."""
        if self.facts.generations == self.worker.generations:
            self.work.quarantine.publish_settled(self.now - SETTINGS.replay_window)

    def end_releases(self, *, hears: bool = True) -> None:
        """The table says nothing of them any more, and then the dispatcher hears that, or ends before."""
        ended = self.work.quarantine.ended()
        for key, request in ended.items():
            assert self.requests.pop(key) == request
            assert not self.waiting[key]
            self.deleted.append((self.now, key, self.quarantined.pop(key), request))
        if not hears:
            self.restart()
        for key, request in ended.items():
            self.work.quarantine.end(key, request)

    def transact(self) -> Transaction | None:
        """A transaction is committed; whether the dispatcher hears of it is left to the caller."""
        transaction = self.work.next_transaction()
        if transaction is not None:
            for output in transaction.outputs:
                self._publish(output)
            self.group.update({offset.partition: offset for offset in transaction.offsets})
        return transaction

    def rest(self) -> None:
        """Nothing is finished, and a transaction is due anyway."""
        offsets = self.work.at_rest()
        self.group.update({offset.partition: offset for offset in offsets})
        self.work.committed(Transaction((), offsets))

    def _publish(self, output: Output) -> None:
        """Every output is the next one of its conversation, exactly."""
        assert output.key is not None
        key = output.key.decode()
        if output.topic == SETTINGS.output_topic:
            mine = self.published[key]
            assert output.value == with_sequence(self.sent[key][len(mine)], len(mine))
            assert output.partition == partition_of(output.key, 3)
            mine.append(output)
            del self.waiting[key][:1]
        elif output.topic == SETTINGS.dead_letter_topic:
            self.dead_letters.append(output)
            if output.value is not None:
                assert output.value == self.sent[key][len(self.published[key]) + len(self.waiting[key])]
                self.waiting[key].append(output)
        else:
            self._check_block(output)
            self.blocks.append(output)

    def _check_block(self, output: Output) -> None:
        block = json.loads(output.value or b"")
        key, chatter = block["conversationKey"], block["latestChatter"]
        numbers = [sequence for _, _, sequence in chatter]
        assert [json.loads(self.sent[key][number])["body"] for number in numbers] == [body for _, body, _ in chatter]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
        seen = self.seen_by_request[int(dict(output.headers)["request"] or b"")]
        # Of a quarantined conversation nobody knows what its rows are like.
        shown = (numbers[-1] if numbers else -1) >= seen - 1
        assert shown or key in self.quarantined or key in self.worker.damaged, "who saw a message is shown it"

    def purge(self) -> None:
        """The log lets go of what was committed before the replay window began, once no node has started since."""
        if self.facts.generations != self.worker.generations:
            return
        reached = self.work.log_purge.horizons()
        self.stored_horizons.append((self.now, reached))
        self.work.log_purge.horizons_stored(reached, self.now)
        for partition, offset in self.work.log_purge.purgeable(self.now - SETTINGS.replay_window).items():
            # What this dispatcher committed long ago another one may have purged already.
            self.lows[partition] = max(offset, self.lows[partition])

    def horizons(self) -> dict[int, int]:
        """The horizons as Cassandra has them."""
        found: dict[int, int] = {}
        for _, horizons in self.stored_horizons:
            found.update({number: max(offset, found.get(number, 0)) for number, offset in horizons.items()})
        return found

    def restart_kafka(self, quarters: int) -> None:
        """It forgets how far the log was purged: what was, is there again."""
        self.lows = {partition: low * quarters // 4 for partition, low in self.lows.items()}

    def restart_cassandra(self, keep_every: int, *, forgets_the_table: bool = False) -> None:
        """It forgets rows that were last written within the window, and the dispatcher has not noticed yet.

        Perhaps also that releases have ended within the window, and that a conversation was quarantined again since.
        """
        since = self.now - SETTINGS.replay_window
        back = {key: (reason, request) for at, key, reason, request in self.deleted if forgets_the_table and at > since}
        self.deleted = []
        self.stored_horizons = [(at, horizons) for at, horizons in self.stored_horizons if at <= since]
        self.quarantined.update({key: reason for key, (reason, _) in back.items()})
        self.requests.update({key: request for key, (_, request) in back.items()})
        for key, rows in self.worker.rows.items():
            self.worker.rows[key] = {
                number: row
                for number, row in rows.items()
                if row.log_offset % keep_every == 0 or self._is_safe(key, row)
            }
        self.worker.generations = self.generations(self.epoch)
        self.epoch += 1

    def _is_safe(self, key: str, row: Row) -> bool:
        """Written before the window; of a quarantined conversation all but what was mended may be gone."""
        if key in self.quarantined and key not in self.requests:
            return False
        if key in self.requests and row.sequence < self.mended_up_to[key]:
            return True
        return self.worker.written_at[key][row.sequence] <= self.now - SETTINGS.replay_window
