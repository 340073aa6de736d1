"""Quotas of Kafka's clients, set by Kafka's own tool: librdkafka has no call for them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from stack.fetch.fetch import fetch
from stack.fetch.java import find_java
from stack.home import jars_folder
from stack.servers.kafka import KafkaBroker
from stack.servers.profiles import JVM_OPTIONS


@contextmanager
def quota(broker: KafkaBroker, clients: Iterable[str], **limits: int) -> Iterator[None]:
    """Each of these clients, named by `client.id`, has these limits meanwhile, such as `producer_byte_rate`."""
    names = tuple(clients)
    _alter(broker, names, "--add-config", ",".join(f"{name}={limit}" for name, limit in limits.items()))
    try:
        yield
    finally:
        _alter(broker, names, "--delete-config", ",".join(limits))


def _alter(broker: KafkaBroker, clients: Iterable[str], how: str, config: str) -> None:
    java = (str(find_java()), "-Xmx64m", *JVM_OPTIONS["fast_start"], "-cp", f"{fetch('kafka', jars_folder())}/*")
    tool = (*java, "kafka.admin.ConfigCommand", "--bootstrap-server", broker.address)
    for client in clients:
        entity = ("--entity-type", "clients", "--entity-name", client)
        subprocess.run([*tool, "--alter", *entity, how, config], check=True, capture_output=True)
