"""Which Cassandra nodes are up, and which conversations are quarantined: asks Cassandra."""

from typing import NamedTuple

from bridge.picture.sources.cassandra import Cassandra
from chat_tasks.settings import Settings
from chat_tasks.storage.quarantine import Quarantined
from chat_tasks.storage.session import failures_as_unavailable


class Rows(NamedTuple):
    """What Cassandra told. `nodes` has each node's address and whether the driver holds it to be up."""

    nodes: dict[str, bool]
    quarantined: list[Quarantined]


class RowsReader:
    """Asks Cassandra. A source owns it and calls it in its thread."""

    def __init__(self, settings: Settings, cassandra: Cassandra) -> None:
        self._settings = settings
        self._cassandra = cassandra

    def __call__(self) -> Rows:
        """What Cassandra says now. Raises `DependencyUnavailable`, `ConfigurationError`."""
        session = self._cassandra.session()
        table = self._cassandra.quarantine()
        with failures_as_unavailable():
            quarantined = table.of_partitions(range(self._settings.log_partitions))
        hosts = session.cluster.metadata.all_hosts()
        return Rows({str(host.address): bool(host.is_up) for host in hosts}, quarantined)
