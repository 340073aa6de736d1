"""A local Kafka broker."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stack.errors import StackError
from stack.fetch.fetch import fetch
from stack.fetch.java import find_java
from stack.processes.server_process import STOP_GRACE_SECONDS, ServerProcess
from stack.servers.class_archive import archive_written_by, class_archive_options, keep_archive
from stack.servers.profiles import JVM_OPTIONS, Profile
from stack.servers.templates import fill, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.security.kafka_security import KafkaSecurity

# All nodes of a cluster must be formatted with one id; 16 bytes in base64.
CLUSTER_ID = "Y2hhdC10YXNrcy1zdGFjaw"

_WRITING_SECONDS = 60.0


@dataclass(frozen=True)
class KafkaSettings:
    """Where one broker listens and keeps its files, and the cluster it belongs to.

    `voters` are the controllers of the whole cluster as (node id, "host:port"); empty for a single node.
    `advertised_host` and `advertised_port` are those of a proxy which clients shall come through. A broker without
    `security` is open to everybody.
    """

    folder: Path
    node_id: int = 1
    host: str = "127.0.0.1"
    port: int = 19092
    controller_port: int = 19093
    voters: tuple[tuple[int, str], ...] = ()
    advertised_host: str | None = None
    advertised_port: int | None = None
    profile: Profile = "steady"
    security: KafkaSecurity | None = None

    def properties(self) -> Mapping[str, object]:
        """The values of the template: on three nodes or more, replication 3 and 2 replicas in sync; else 1."""
        voters = self.voters or ((self.node_id, f"{self.host}:{self.controller_port}"),)
        replicated = len(voters) >= 3
        addresses = {
            "host": self.host,
            "port": self.port,
            "advertised_host": self.advertised_host or self.host,
            "advertised_port": self.advertised_port or self.port,
            "controller_port": self.controller_port,
        }
        return {
            "node_id": self.node_id,
            "listeners": fill("kafka-open.properties", addresses)
            if self.security is None
            else fill("kafka-secured.properties", {**addresses, **self.security.values()}),
            "voters": ",".join(f"{node}@{address}" for node, address in voters),
            "data": self.folder / "data",
            "replication": 3 if replicated else 1,
            "min_in_sync": 2 if replicated else 1,
        }


class KafkaBroker(ServerProcess):
    """One KRaft node, broker and controller at once."""

    def __init__(self, settings: KafkaSettings, jars: Path, name: str = "kafka") -> None:
        super().__init__(name, settings.folder, settings.host, settings.port)
        self.settings = settings
        self._jars = jars

    @property
    def ports(self) -> Sequence[int]:
        further = () if self.settings.security is None else (self.settings.security.ssl_port,)
        return (self.port, self.settings.controller_port, *further)

    def client(self) -> dict[str, str | int | float | bool]:
        """librdkafka's properties for one who may do everything."""
        if self.settings.security is None:
            return {"bootstrap.servers": self.address}
        # A broker that is killed is no news for those who ask it.
        return {**self.settings.security.client(self.host), "log_level": 0}

    def prepare(self) -> list[str]:
        java = find_java()
        jars = fetch("kafka", self._jars)
        classpath = str(jars / "*")
        properties = render("kafka.properties", self.settings.properties(), self.folder)
        decisions = "warn" if self.settings.security is None else self.settings.security.decisions
        written = render("kafka-log4j2.xml", {"decisions": decisions}, self.folder)
        logging = f"-Dlog4j2.configurationFile={written}"
        if not (self.folder / "data" / "meta.properties").exists():
            self._format([str(java), *JVM_OPTIONS["fast_start"], logging, "-cp", classpath], properties)
        return [
            *(str(java), "-Xmx384m", *JVM_OPTIONS[self.settings.profile], *class_archive_options(jars, java)),
            *("-XX:+ExitOnOutOfMemoryError", f"-XX:ErrorFile={self.folder}/jvm-crash.log", "-Djava.awt.headless=true"),
            *(logging, "-cp", classpath, "kafka.Kafka", str(properties)),
        ]

    def stop(self) -> None:
        """End the broker, as of every server; the first one writes the archive of its classes then."""
        written = self._written_at_the_end()
        if written is None:
            super().stop()
        elif self._process.stop(STOP_GRACE_SECONDS + _WRITING_SECONDS):
            keep_archive(written)
        else:
            written.unlink(missing_ok=True)

    def answers(self) -> bool:
        """Whether the broker serves metadata and lists itself, which it does once its controller lets it."""
        client = AdminClient(
            {
                **self.client(),
                "socket.timeout.ms": 1_000,
                "log_level": 0,  # a refused connection is an answer here, not news
            }
        )
        try:
            return self.settings.node_id in client.list_topics(timeout=1.0).brokers
        except KafkaException:
            return False

    def _written_at_the_end(self) -> Path | None:
        with suppress(psutil.NoSuchProcess):
            if (process := self._process.process()) is not None:
                return archive_written_by(process.cmdline())
        return None

    def _format(self, java: Sequence[str], properties: Path) -> None:
        words = (*java, "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(properties))
        result = subprocess.run(words, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise StackError(f"Kafka cannot format {self.folder}/data:\n{result.stdout}{result.stderr}".strip())
