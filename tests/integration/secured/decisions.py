"""What the closed servers allowed and denied, by their own account, and which entries of the lists were of use."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from stack.security.cassandra_permissions import AFTER_INIT, BEFORE_INIT, statements_of
from stack.security.kafka_permissions import KafkaPermission
from stack.security.lists import lines_of
from stack.security.redis_security import LIST
from stack.servers.secured import SecuredServers

_KAFKA = re.compile(
    r"Principal = User:(chat_\w+) is (Allowed|Denied) operation = (\w+) .* on resource = (\w+):\w+:(\S+) "
    r"for request = (\w+)(?:.*resourceName=([^,]+), patternType=(\w+))?"
)
_KINDS = {"Topic": "topic", "Group": "group", "TransactionalId": "transactional-id", "Cluster": "cluster"}

_CASSANDRA = re.compile(r"FileAuditLogger: user:(chat_\w+)\|.*?\|type:(\w+)(?:.*?\|ks:(\w+)\|scope:(\w+))?")
# The permission that a statement needs, by the first word of what Cassandra calls it.
_STATEMENTS = {"SELECT": "SELECT", "UPDATE": "MODIFY", "DELETE": "MODIFY", "CREATE": "CREATE", "ALTER": "ALTER"}
_MONITORED = re.compile(r'\[\d+ (\S+)\] (".*")')
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ENDED_CONNECTION = re.compile(r"Client closed connection .*? addr=(\S+) .*? user=(\S+) ")
_END = "the-watch-is-over"
_REFUSALS = {"UNAUTHORIZED_ATTEMPT", "LOGIN_ERROR"}


def denials(servers: SecuredServers) -> list[str]:
    """Everything that one of our identities was denied, in the words of the servers."""
    kafka = [line for line in _lines(servers.kafka.log_path) if (found := _KAFKA.search(line)) and found[2] == "Denied"]
    cassandra = [
        line
        for line in _lines(servers.cassandra.log_path)
        if (found := _CASSANDRA.search(line)) and found[2] in _REFUSALS
    ]
    redis: Iterable[Any] = servers.redis.client().acl_log()
    return [*kafka, *cassandra, *(f"Redis: {one}" for one in redis)]


def kafka_in_use(servers: SecuredServers) -> set[KafkaPermission]:
    """The operations that were asked for, by the rule that allowed them."""
    found: set[KafkaPermission] = set()
    for line in _lines(servers.kafka.log_path):
        match = _KAFKA.search(line)
        if match is None or match[7] is None:
            continue
        principal, _, operation, kind, _, _, name, pattern = match.groups()
        name = f"{name}*" if pattern == "PREFIXED" else name
        found.add(KafkaPermission(principal, _KINDS[kind], name, operation.replace("_", "").lower()))
    return found


class Grant(NamedTuple):
    """A permission of a role of Cassandra, for `TABLE chat.messages` or `KEYSPACE chat`."""

    role: str
    permission: str
    resource: str


def cassandra_grants() -> set[Grant]:
    """All that are listed."""
    statements = chain(statements_of(BEFORE_INIT), statements_of(AFTER_INIT))
    grants = (statement.split() for statement in statements if statement.startswith("GRANT "))
    return {Grant(words[-1], words[1], " ".join(words[3:-2])) for words in grants}


def cassandra_in_use(servers: SecuredServers) -> set[Grant]:
    """The permissions that statements needed."""
    found: set[Grant] = set()
    for line in _lines(servers.cassandra.log_path):
        match = _CASSANDRA.search(line)
        if match is None or match[3] is None:
            continue
        role, kind, keyspace, table = match.groups()
        if permission := _STATEMENTS.get(kind.partition("_")[0]):
            of_keyspace = permission in {"CREATE", "ALTER"}
            resource = f"KEYSPACE {keyspace}" if of_keyspace else f"TABLE {keyspace}.{table}"
            found.add(Grant(role, permission, resource))
    return found


class RedisWatch:
    """Looks at every command that Redis carries out, in a thread of its own, until `close`.

    Redis tells the address that a command came from. Whose it was stands in Redis's log when the connection has ended,
    and in its list of clients while it lasts.
    What a script calls has no client of its own: it belongs to the script, which Redis tells of afterwards.
    """

    def __init__(self, servers: SecuredServers) -> None:
        self._servers = servers
        self._users: dict[str, str] = {}
        self._called: list[tuple[str, tuple[str, ...]]] = []
        with servers.redis.client() as redis:
            redis.config_set("hide-user-data-from-log", "no")
            redis.config_set("loglevel", "verbose")
        self._watcher = Thread(target=self._watch)
        self._watcher.start()

    def close(self) -> None:
        """Stop looking."""
        with self._servers.redis.client() as redis:
            redis.echo(_END)
            self._watcher.join()
            # In this order: who is gone from the list is in the log already.
            self._users.update({one["addr"]: one["user"] for one in redis.client_list()})
            ended = map(_ENDED_CONNECTION.search, _lines(self._servers.redis.log_path))
            self._users.update({found[1]: found[2] for found in ended if found})
            redis.config_set("loglevel", "notice")

    def unused(self) -> set[tuple[str, str]]:
        """The listed commands, keys and channels that nobody has needed, each with its user."""
        return {one for one, calls in self._needed_by().items() if not calls}

    def _needed_by(self) -> Mapping[tuple[str, str], Collection[tuple[str, ...]]]:
        """What was called that needed an entry, by user and entry."""
        by_user: dict[str, set[tuple[str, ...]]] = {}
        for address, words in self._called:
            by_user.setdefault(self._users.get(address, ""), set()).add(words)
        return {
            (user, rule): [words for words in by_user.get(user, ()) if _needs(words, rule)]
            for user, entries in redis_rules().items()
            for rule in entries
            if rule[0] in "+%~&"
        }

    def _watch(self) -> None:
        of_script: list[tuple[str, ...]] = []
        with self._servers.redis.client(timeout=None) as redis, redis.monitor() as monitor:
            while True:
                # The client's own reading of it leaves open where a word ends.
                told = _MONITORED.search(monitor.connection.read_response().decode())
                assert told is not None
                address, words = told[1], tuple(_WORD.findall(told[2]))
                if words[-1] == _END:
                    return
                if address == "lua":
                    of_script.append(words)
                    continue
                if words[0].lower() in {"eval", "evalsha"}:
                    self._called.extend((address, inner) for inner in of_script)
                    of_script = []
                self._called.append((address, words))


def redis_rules() -> Mapping[str, list[str]]:
    """What is listed for each user: commands `+get`, keys `~chat.*` and `%R~chat.*`, channels `&…`, and what resets."""
    lines = (line.split() for line in lines_of(LIST))
    return {words[1]: words[2:] for words in lines if words[1] != "default"}


def _needs(words: Sequence[str], entry: str) -> bool:
    if entry[0] == "+":
        asked = entry[1:].split("|")
        return [word.lower() for word in words[: len(asked)]] == asked
    is_channel = words[0].lower() in {"publish", "psubscribe", "punsubscribe"}
    if entry[0] == "&":
        return is_channel and any(fnmatchcase(word, entry[1:]) for word in words[1:])
    _, _, pattern = entry.partition("~")
    return not is_channel and any(fnmatchcase(word, pattern) for word in words[1:])


def _lines(path: Path) -> Iterator[str]:
    with path.open(errors="replace") as log:
        yield from log
