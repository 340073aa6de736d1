"""Histories of a pipeline that breaks no promise, made without any server."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from chat_tasks.formats.topics import InstantMessage, encode_message, with_sequence
from tests.chaos.history import (
    OFFSET_NOT_TOLD,
    Block,
    DeadLetter,
    Fault,
    History,
    Invalid,
    Output,
    Request,
    Row,
    Sent,
    Unknown,
)

PARTITIONS = 3
BUSY = "a"
"""This conversation has at least three messages of input partition 0, and its newest two are asked for at the end."""
LAST_REQUEST = "last"
WAVE = "👋"
"""Three messages of the busy conversation end with it: something that must not be escaped."""


@dataclass(frozen=True, slots=True)
class Message:
    """A valid record."""

    conversation: str
    partition: int
    sender: str
    recipients: tuple[str, ...]
    text: str
    is_acknowledged: bool = True
    is_told: bool = True
    """Whether the acknowledgement tells its offset."""
    is_logged: bool = True
    """Whether the input topic has it although it is not acknowledged."""


@dataclass(frozen=True, slots=True)
class Nonsense:
    """An invalid record."""

    partition: int
    value: bytes
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """A latest-messages request."""

    conversation: str
    count: int


class PerfectPipeline:
    """Takes the inputs one after the other; `random` decides how far it lags behind, and what overtakes what."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._history = History()
        self._ends: Counter[str] = Counter()
        self._waiting: dict[int, deque[InstantMessage]] = defaultdict(deque)
        self._messages: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        self._clock = 0.0

    def take(self, action: Message | Nonsense | Ask) -> None:
        """Send one record, and process none, some or all of those that wait."""
        self._clock += 0.25
        match action:
            case Message():
                self._send(action)
            case Nonsense():
                offset = self._append(f"in {action.partition}")
                told = offset if action.is_told else OFFSET_NOT_TOLD
                self._history.invalid.append(Invalid(action.partition, told, action.value, self._clock))
                letter = DeadLetter("instant_message_in", action.partition, offset, action.value)
                self._history.dead_letters.append(letter)
            case Ask():
                self.ask(action, f"r-{len(self._history.requests)}")
        while self._random.random() < 0.5 and self._waiting:
            self._process()

    def ask(self, action: Ask, identity: str) -> None:
        """Send a request."""
        readable = len(self._messages[action.conversation])
        request = Request(identity, action.conversation, action.count, readable, self._clock)
        self._history.requests.append(request)

    def drain(self) -> None:
        """Process all that waits."""
        while self._waiting:
            self._process()

    def history(self) -> History:
        """What was seen; to be called after `drain`."""
        history = self._history
        for request in history.requests:
            messages = self._messages[request.conversation]
            end = self._random.randint(request.readable, len(messages))
            newest = tuple(messages[max(0, end - request.count) : end])
            history.blocks.append(Block(request.identity, request.conversation, newest, self._clock))
        history.faults.append(Fault("none", 0.0, self._clock))
        self._random.shuffle(history.sent)
        self._random.shuffle(history.rows)
        self._random.shuffle(history.blocks)
        return history

    def _send(self, action: Message) -> None:
        history, body = self._history, f"m-{len(self._history.sent) + len(self._history.unknown)} {action.text}"
        if action.is_acknowledged:
            offset = self._append(f"in {action.partition}")
            told = offset if action.is_told else OFFSET_NOT_TOLD
            history.sent.append(Sent(action.partition, told, action.conversation, body, self._clock))
        else:
            history.unknown.append(Unknown(action.conversation, body))
            if not action.is_logged:
                return
            self._append(f"in {action.partition}")
        self._waiting[action.partition].append(
            InstantMessage(
                conversationKey=action.conversation,
                sender=action.sender,
                recipients=list(action.recipients),
                body=body,
            )
        )

    def _process(self) -> None:
        source = self._random.choice(sorted(self._waiting))
        message = self._waiting[source].popleft()
        if not self._waiting[source]:
            del self._waiting[source]
        key, body = message.conversationKey, message.body
        sequence = len(self._messages[key])
        self._messages[key].append((message.sender, body, sequence))
        partition = sum(key.encode()) % PARTITIONS
        value = with_sequence(encode_message(message), sequence)
        offset = self._append(f"out {partition}")
        self._history.outputs.append(Output(partition, offset, key, sequence, body, value, self._clock))
        self._history.rows.append(Row(key, sequence, message.sender, tuple(message.recipients), body))

    def _append(self, log: str) -> int:
        # Transaction markers take offsets too.
        self._ends[log] += self._random.randint(1, 3)
        return self._ends[log]


_conversations = st.sampled_from((BUSY, "b", "č"))
_partitions = st.integers(0, PARTITIONS - 1)
_texts = st.text(st.sampled_from('a"\\,:{}\x00\x7f\n č👋\u2028'), max_size=8) | st.just('","body":')
_messages = st.builds(
    Message,
    _conversations,
    _partitions,
    _texts,
    st.lists(_texts, max_size=2).map(tuple),
    _texts,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
_nonsense = st.builds(Nonsense, _partitions, st.sampled_from((b"", b"{}", b"\xff\x00")), st.booleans())
_asks = st.builds(Ask, _conversations | st.just("nobody's"), st.integers(0, 5))
_actions: st.SearchStrategy[Message | Nonsense | Ask] = _messages | _nonsense | _asks


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Correct histories, each with something of everything."""
    pipeline = PerfectPipeline(draw(st.randoms(use_true_random=False)))
    pipeline.take(Nonsense(0, b"{"))
    pipeline.take(Message("b", 1, "bob", (), ""))
    for _ in range(3):
        pipeline.take(Message(BUSY, 0, "ann", ("bob", "č"), WAVE))
    for action in draw(st.lists(_actions, max_size=25)):
        pipeline.take(action)
    pipeline.drain()
    pipeline.ask(Ask(BUSY, 2), LAST_REQUEST)
    return pipeline.history()
