"""A lock in Redis for each conversation. The lock saves double work; no promise depends on it.

Its value is `epoch:token`. The epoch is that of the dispatcher's assignment, the token is the task's id. A task takes
over the lock of its own or an earlier assignment at once, because the holder is dead or superseded. The lock of a later
assignment turns the task away.
"""

import time
from collections.abc import Sequence

from redis import Redis
from redis.client import Pipeline

from chat_tasks.tracing import database
from chat_tasks.tracing.spans import current_span, inside

# EVAL and not EVALSHA: the text is short, and a Redis that was restarted or flushed knows no script by its hash.
_ACQUIRE = """
local mine = ARGV[1] .. ':' .. ARGV[2]
local refused = {}
for index, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  local epoch = held and tonumber(string.match(held, '^(%d+):'))
  if epoch and epoch > tonumber(ARGV[1]) then
    refused[#refused + 1] = index - 1
  else
    redis.call('SET', key, mine, 'PX', ARGV[3])
  end
end
return refused
"""
_RELEASE = """
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
"""


class ConversationLocks:
    """The locks of one task's conversations.

    A worker makes the object for one append task, uses it in the task's thread, and drops it with the task. Invariant:
    a task never takes the lock of a later assignment. A lock that is not released ends after `ttl` seconds. The keys
    share a hash tag, so one call works on Redis Cluster too. `acquire` raises `redis.RedisError`.

    `taken` and `refused` count the locks, and `seconds` is the time for which they were asked for.
    """

    def __init__(self, redis: Redis, prefix: str, queue: str, *, epoch: int, token: str, ttl: float) -> None:
        self._redis = redis
        self._key = f"{prefix}:lock:{{{queue}}}:".encode()
        self._epoch = epoch
        self._token = token
        self._milliseconds = round(ttl * 1000)
        self.taken = self.refused = 0
        self.seconds = 0.0

    def acquire(self, conversation_keys: Sequence[str]) -> list[str]:
        """Take the locks; returns the conversations whose locks were not taken. Raises `redis.RedisError`."""
        keys = self._keys(conversation_keys)
        started = time.monotonic()
        epoch, token, milliseconds = self._epoch, self._token, self._milliseconds
        with inside(current_span().begin(database.redis("EVAL"))):
            refused: list[int] = self._redis.eval(_ACQUIRE, len(keys), *keys, epoch, token, milliseconds)
        self.seconds = time.monotonic() - started
        self.taken, self.refused = len(keys) - len(refused), len(refused)
        return [conversation_keys[index] for index in refused]

    def release(self, conversation_keys: Sequence[str], pipeline: "Pipeline") -> None:
        """Add to a pipeline the release of the locks that this task still holds."""
        keys = self._keys(conversation_keys)
        pipeline.eval(_RELEASE, len(keys), *keys, f"{self._epoch}:{self._token}")

    def _keys(self, conversation_keys: Sequence[str]) -> list[bytes]:
        return [self._key + key.encode() for key in conversation_keys]
