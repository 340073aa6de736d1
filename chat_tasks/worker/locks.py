"""A lock per conversation in Redis. It saves double work; nothing is correct because of it.

Its value is `epoch:token`. The epoch is the dispatcher's assignment, the token the task: a task takes over the lock of
its own or an earlier assignment at once (whoever held it is dead or superseded), and is turned away by a later one.
"""

from collections.abc import Sequence

from redis import Redis
from redis.client import Pipeline

# EVAL, not EVALSHA: the text is short, and a Redis that was restarted or flushed knows no script by its hash.
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
    """The locks of one task's conversations; its keys share a hash tag, so one call works on Redis Cluster too."""

    def __init__(self, redis: Redis, prefix: str, queue: str, *, epoch: int, token: str, ttl: float) -> None:
        self._redis = redis
        self._key = f"{prefix}:lock:{{{queue}}}:".encode()
        self._epoch = epoch
        self._token = token
        self._milliseconds = round(ttl * 1000)

    def acquire(self, conversation_keys: Sequence[str]) -> list[str]:
        """Take the locks; returns the conversations whose locks were not taken. Raises `redis.RedisError`."""
        keys = self._keys(conversation_keys)
        refused: list[int] = self._redis.eval(_ACQUIRE, len(keys), *keys, self._epoch, self._token, self._milliseconds)
        return [conversation_keys[index] for index in refused]

    def release(self, conversation_keys: Sequence[str], pipeline: "Pipeline") -> None:
        """Add the release of those this task still holds to a pipeline."""
        keys = self._keys(conversation_keys)
        pipeline.eval(_RELEASE, len(keys), *keys, f"{self._epoch}:{self._token}")

    def _keys(self, conversation_keys: Sequence[str]) -> list[bytes]:
        return [self._key + key.encode() for key in conversation_keys]
