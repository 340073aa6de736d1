"""Connects to Cassandra, with the settings of the driver that this project needs."""

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cassandra import (
    AuthenticationFailed,
    ConsistencyLevel,
    DriverException,
    ProtocolVersion,
    RequestValidationException,
    Unauthorized,
    UnresolvableContactPoints,
)
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.cluster import Session as Session  # noqa: PLC0414 - exported to those who leave the driver to us
from cassandra.connection import ConnectionException, ConnectionShutdown
from cassandra.policies import (
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    FallthroughRetryPolicy,
    TokenAwarePolicy,
)
from cassandra.protocol import ErrorMessage
from cassandra.protocol import RequestValidationException as ValidationMessage
from cassandra.query import named_tuple_factory, tuple_factory

from chat_tasks.errors import CassandraDenied, CassandraUnavailable, ConfigurationError
from chat_tasks.settings import Settings
from chat_tasks.tls import tls_context

# The driver logs every refused connection of every attempt, with a traceback. This project logs what matters once.
logging.getLogger("cassandra").setLevel(logging.CRITICAL)

# The execution profile for frequent reads: by default the driver makes a class of its own for each result.
TUPLES = "tuples"

# Reconnecting never ends. By default the driver gives a node up after 64 attempts, which takes half a minute here.
RECONNECTION = ExponentialReconnectionPolicy(base_delay=0.25, max_delay=0.5, max_attempts=None)

# What the driver raises. These share no base class: a node that is overloaded, or has not started wholly, answers with
# an error of the protocol, and the driver raises that answer itself.
FAILURES = (DriverException, ErrorMessage, NoHostAvailable, ConnectionException, OSError)
# Those that come again however often the same is asked.
REFUSALS = (RequestValidationException, ValidationMessage)

_HEARTBEAT_SECONDS = 1
_HEARTBEAT_TIMEOUT = 3


_DriversConnection: Any = Cluster.connection_class


class PromptConnection(_DriversConnection):  # type: ignore[misc]
    """The driver's connection, which notices at once if the server closes it while it is being made.

    The driver's own connection then waits for the connect time-out, because libev's `close` neither sets the event that
    is waited for nor reports an error. Everything that needs the node waits too: for seconds, after a cut that is long
    over.
    """

    last_error: Exception | None

    def close(self) -> None:
        """Close the connection, and fail a thread that waits for it to be made."""
        if not self.connected_event.is_set() and self.last_error is None:
            self.last_error = ConnectionShutdown(f"{self.endpoint} closed the connection while it was made")
        super().close()
        self.connected_event.set()


def connect(settings: Settings) -> Session:
    """Connect, blocking for a few seconds at most.

    Raises `DependencyUnavailable`, and `ConfigurationError` if no node is in the local data centre.
    """
    with failures_as_unavailable():
        try:
            cluster = _cluster(settings)
        except UnresolvableContactPoints as error:
            names = ", ".join(settings.cassandra_contact_points)
            raise CassandraUnavailable(f"Cassandra: CHAT_CASSANDRA_CONTACT_POINTS: unknown host: {names}") from error
        try:
            return cluster.connect()
        except BaseException as error:
            cluster.shutdown()
            local, found = settings.cassandra_local_datacenter, _data_centres(cluster)
            if isinstance(error, NoHostAvailable) and found and local not in found:
                raise ConfigurationError(
                    f"CHAT_CASSANDRA_LOCAL_DATACENTER is {local} here, but Cassandra's nodes are in {', '.join(found)}"
                ) from error
            raise


def _data_centres(cluster: Cluster) -> list[str]:
    """The data centres that the first node told of; none if it did not answer."""
    return sorted({host.datacenter for host in cluster.metadata.all_hosts() if host.datacenter})


def _cluster(settings: Settings) -> Cluster:
    return Cluster(
        contact_points=list(settings.cassandra_contact_points),
        port=settings.cassandra_port,
        execution_profiles={
            EXEC_PROFILE_DEFAULT: _profile(settings, named_tuple_factory),
            TUPLES: _profile(settings, tuple_factory),
        },
        auth_provider=_identity(settings),
        # The name that is checked is the address by which the driver knows a node: the one that the node announces.
        ssl_context=tls_context("CASSANDRA", files) if (files := settings.cassandra_tls_files).authority else None,
        # Version 5 frames every message with checksums, which the driver computes in Python.
        protocol_version=ProtocolVersion.V4,
        connection_class=PromptConnection,
        reconnection_policy=RECONNECTION,
        connect_timeout=settings.cassandra_timeout,
        # What the driver itself asks while it connects: by default it gives up after two seconds, whatever was set.
        control_connection_timeout=settings.cassandra_timeout,
        # A node that hangs keeps its connections. The driver goes on sending it requests, each of which waits for its
        # time-out, until a heartbeat fails. With the default settings that takes a minute.
        idle_heartbeat_interval=_HEARTBEAT_SECONDS,
        idle_heartbeat_timeout=_HEARTBEAT_TIMEOUT,
        # Without this option a request of several packets waits for the server's delayed acknowledgement.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )


def _identity(settings: Settings) -> PlainTextAuthProvider | None:
    if not settings.cassandra_username:
        return None
    return PlainTextAuthProvider(settings.cassandra_username, settings.cassandra_password.get_secret_value())


def _profile(settings: Settings, row_factory: Any) -> ExecutionProfile:
    return ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(settings.cassandra_local_datacenter)),
        # The driver's own retries would write again unseen. The callers decide what is written, so they retry.
        retry_policy=FallthroughRetryPolicy(),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        request_timeout=settings.cassandra_timeout,
        row_factory=row_factory,
    )


def is_denied(error: BaseException) -> bool:
    """Whether Cassandra refuses what was asked, or refuses us altogether."""
    if isinstance(error, NoHostAvailable) and isinstance(error.errors, dict):
        return any(map(is_denied, error.errors.values()))
    return isinstance(error, Unauthorized | AuthenticationFailed)


def describe_cassandra_error(error: Exception) -> str:
    """One line for people about an error, without the values that were bound."""
    if isinstance(error, NoHostAvailable):
        failures: dict[Any, Any] = error.errors if isinstance(error.errors, dict) else {}
        reasons = ", ".join(sorted({f"{host}: {_describe(reason)}" for host, reason in failures.items()}))
        if is_denied(error):
            return f"Cassandra denies: {reasons}"
        return f"no Cassandra node answers ({reasons or error})"
    if is_denied(error):
        # Cassandra's text names the role, the operation and the table.
        return f"Cassandra denies: {_describe(error)}"
    return f"Cassandra: {_describe(error)}"


def unavailable(error: Exception) -> CassandraUnavailable:
    """The error of ours that says what the driver's exception says."""
    kind = CassandraDenied if is_denied(error) else CassandraUnavailable
    return kind(describe_cassandra_error(error))


def _describe(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    # The driver puts the server's own sentence at the end.
    if is_denied(error) and (said := re.search(r'message="(.*)"$', text)):
        text = said[1]
    return f"{type(error).__name__}: {text[:200]}".rstrip(": ")


@contextmanager
def connected(settings: Settings) -> Iterator[Session]:
    """A session for as long as the block lasts; the driver's exceptions inside become `DependencyUnavailable`."""
    session = connect(settings)
    try:
        with failures_as_unavailable():
            yield session
    finally:
        session.cluster.shutdown()


@contextmanager
def failures_as_unavailable() -> Iterator[None]:
    """Turn the driver's exceptions inside the block into `DependencyUnavailable`; our own errors pass."""
    try:
        yield
    except FAILURES as error:
        raise unavailable(error) from error
