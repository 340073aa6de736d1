"""The driver's connection, which notices at once that the server closed it before it was made.

The driver's own waits for the connect time-out then (libev's `close` neither sets the event that is waited for nor
says an error), and with it everything that needs the node: seconds, after a cut that has long been over.
"""

from typing import Any

from cassandra.cluster import Cluster
from cassandra.connection import ConnectionShutdown

_DriversConnection: Any = Cluster.connection_class


class PromptConnection(_DriversConnection):  # type: ignore[misc]
    """Of whichever event loop the driver has chosen."""

    last_error: Exception | None

    def close(self) -> None:
        """Close it, and fail whoever waits for it to be made."""
        if not self.connected_event.is_set() and self.last_error is None:
            self.last_error = ConnectionShutdown(f"{self.endpoint} closed the connection while it was made")
        super().close()
        self.connected_event.set()
