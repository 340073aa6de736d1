"""A local Cassandra node."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stack.errors import FetchError
from stack.fetch.fetch import fetch
from stack.fetch.java import find_java
from stack.processes.server_process import ServerProcess
from stack.servers.class_archive import base_archive_options
from stack.servers.profiles import JVM_OPTIONS, Profile
from stack.servers.templates import fill, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.security.cassandra_security import CassandraSecurity

_MEMORY: Mapping[Profile, Sequence[str]] = {
    "fast_start": ("-Xmx768m",),
    # Besides the heap what Cassandra's own conf/jvm17-server.options sets, as everyone runs it.
    "steady": (
        "-Xmx1g",
        "-XX:+ParallelRefProcEnabled",
        "-XX:MaxTenuringThreshold=1",
        "-XX:G1HeapRegionSize=16m",
        "-XX:G1RSetUpdatingPauseTimePercent=5",
        "-XX:MaxGCPauseMillis=300",
        "-XX:InitiatingHeapOccupancyPercent=70",
    ),
}

CommitlogSync = Literal["periodic", "group"]

_COMMITLOG: Mapping[CommitlogSync, str] = {
    # Cassandra's defaults: writes are acknowledged before they are on the disk, where they come every ten seconds.
    "periodic": """\
commitlog_sync: periodic
commitlog_sync_period: 10000ms""",
    # Writes are acknowledged when they are on the disk, those of 5 ms together. Each of them holds a thread meanwhile.
    "group": """\
commitlog_sync: group
commitlog_sync_group_window: 5ms
concurrent_writes: 512""",
}

_RAISED_THRESHOLDS = """\
batch_size_warn_threshold: 256KiB
batch_size_fail_threshold: 512KiB
unlogged_batch_across_partitions_warn_threshold: 200"""

# CQL's native protocol, version 4: OPTIONS without a body, and the first bytes of the SUPPORTED that answers it.
_OPTIONS = bytes([0x04, 0, 0, 0, 0x05, 0, 0, 0, 0])
_SUPPORTED = bytes([0x84, 0, 0, 0, 0x06])


@dataclass(frozen=True)
class CassandraSettings:
    """Where one node listens and keeps its files, the cluster it belongs to, and how it runs.

    `seeds` are hosts, empty for a node of its own. A node whose `initial_token` is given owns that one token and
    joins without streaming, as a new cluster wants; others choose 16 tokens ("steady") or one ("fast_start").
    `public_host` is where proxies stand, at the same ports, which clients and other nodes shall come through.
    `commitlog_sync` is Cassandra's setting of that name: whether writes are acknowledged before they are on the disk.
    A node without `security` is open to everybody.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 19042
    storage_port: int = 17000
    public_host: str | None = None
    seeds: tuple[str, ...] = ()
    initial_token: int | None = None
    profile: Profile = "steady"
    raised_batch_thresholds: bool = True
    commitlog_sync: CommitlogSync = "periodic"
    security: CassandraSecurity | None = None

    def yaml(self) -> Mapping[str, object]:
        """The values of the template."""
        given = self.initial_token is not None
        number = 16 if self.profile == "steady" else 1
        return {
            "host": self.host,
            "public_host": self.public_host or self.host,
            "port": self.port,
            "storage_port": self.storage_port,
            # With the port, since another node may run at the default one.
            "seeds": ",".join(f"{seed}:{self.storage_port}" for seed in self.seeds or (self.host,)),
            "tokens": f"num_tokens: 1\ninitial_token: '{self.initial_token}'" if given else f"num_tokens: {number}",
            "auto_bootstrap": "false" if given else "true",
            "commitlog": _COMMITLOG[self.commitlog_sync],
            "thresholds": _RAISED_THRESHOLDS if self.raised_batch_thresholds else "",
            "security": "" if self.security is None else fill("cassandra-secured.yaml", self.security.values()),
        }


class CassandraNode(ServerProcess):
    """One Cassandra node.

    `kill` makes it forget what it acknowledged since its last sync, up to ten seconds; with `commitlog_sync` "group"
    it forgets nothing that it acknowledged.
    """

    def __init__(self, settings: CassandraSettings, jars: Path, name: str = "cassandra") -> None:
        super().__init__(name, settings.folder, settings.host, settings.port)
        self.settings = settings
        self._jars = jars

    @property
    def ports(self) -> Sequence[int]:
        return (self.port, self.settings.storage_port)

    def prepare(self) -> list[str]:
        java = find_java()
        jars = fetch("cassandra", self._jars)
        agent = next(jars.glob("jamm-*.jar"), None)
        if agent is None:
            raise FetchError(f"there is no jamm jar in {jars}")
        options = render("cassandra.options", {}, self.folder)
        yaml = render("cassandra.yaml", self.settings.yaml(), self.folder)
        logback = render("cassandra-logback.xml", {}, self.folder)
        return [
            *(
                str(java),
                *_MEMORY[self.settings.profile],
                *JVM_OPTIONS[self.settings.profile],
                *base_archive_options(jars, java),
                f"@{options}",
                f"-javaagent:{agent}",
                *(() if self.settings.security is None else self.settings.security.options()),
            ),
            *(f"-XX:ErrorFile={self.folder}/jvm-crash.log", f"-Dlogback.configurationFile={logback}"),
            *(f"-Dcassandra.config={yaml.as_uri()}", f"-Dcassandra.storagedir={self.folder / 'data'}"),
            *("-cp", str(jars / "*"), "org.apache.cassandra.service.CassandraDaemon"),
        ]

    def answers(self) -> bool:
        """Whether the node answers OPTIONS of the native protocol, which it does once it takes queries."""
        try:
            with self._connection() as connection, connection.makefile("rb") as answer:
                connection.sendall(_OPTIONS)
                return answer.read(len(_SUPPORTED)) == _SUPPORTED
        except OSError:
            return False

    def _connection(self) -> socket.socket:
        connection = socket.create_connection((self.host, self.port), timeout=1.0)
        if self.settings.security is None:
            return connection
        with connection:
            return self.settings.security.client().wrap_socket(connection, server_hostname=self.host)
