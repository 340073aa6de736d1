"""Numbers that do not follow the heads which tasks carried: such a number is never published."""

import logging

from bridge.dispatch.scheduling.scheduler import Batch
from bridge.records.log_record import LogRecord
from chat_tasks.formats.tasks import Answer, Failure, Result
from chat_tasks.log.shown_key import shown_key
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

# A conversation that was given so many wrong numbers, one after the other, is quarantined.
_MOST = 3


class WrongNumbers:
    """Counts, for each conversation, the wrong numbers that workers gave it one after the other.

    `AppendWork` owns the counts, uses them in the loop's thread, and drops them with itself. No method raises.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._times: dict[str, int] = {}

    def checked(self, batch: Batch[LogRecord], head: int | None, result: Result) -> Result:
        """The result; in place of a number that does not follow the head which the task carried, a failure."""
        if not isinstance(result, int) or (result >= 0 if head is None else result == head + 1):
            return result
        key = batch.conversation_key
        times = self._times[key] = self._times.get(key, 0) + 1
        after = "" if head is None else f" after {head}"
        reason = f"a worker gave the number {result}{after} to offset {batch.records[0].offset}"
        if times >= _MOST:
            return Failure(Answer.REFUSED, reason)
        conversation = shown_key(key, self._settings)
        logger.warning(
            "conversation %s is sent again: %s",
            conversation,
            reason,
            extra={"event": "wrong_number", "conversation": conversation, "reason": reason},
        )
        return Failure(Answer.RETRY, reason)

    def forget(self, conversation_key: str) -> None:
        """Begin to count anew: a number was right, or the conversation is quarantined."""
        self._times.pop(conversation_key, None)
