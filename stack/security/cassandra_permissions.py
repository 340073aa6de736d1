"""What each identity may do with Cassandra, from the files `*.cql` of `deploy/secured`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cassandra import AuthenticationFailed
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, ProtocolVersion
from cassandra.policies import RoundRobinPolicy

from stack.security.identities import ADMINISTRATOR
from stack.security.lists import FOLDER
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from stack.security.cassandra_security import CassandraSecurity

BEFORE_INIT = FOLDER / "cassandra-before-init.cql"
AFTER_INIT = FOLDER / "cassandra-after-init.cql"

# The superuser that every Cassandra begins with, and its password.
_FIRST = "cassandra"
_SECONDS = 30.0


@contextmanager
def administration(host: str, port: int, security: CassandraSecurity, password: str) -> Iterator[Any]:
    """A session of the administrator, who takes the place of Cassandra's first superuser.

    Raises the driver's exceptions.
    """
    try:
        cluster = _cluster(host, port, security, ADMINISTRATOR, password)
        session = cluster.connect()
    except NoHostAvailable as error:
        if not _is_refusal(error):
            raise
        _replace_the_first(host, port, security, password)
        cluster = _cluster(host, port, security, ADMINISTRATOR, password)
        session = cluster.connect()
    try:
        yield session
    finally:
        cluster.shutdown()


def set_roles(session: Any, passwords: Mapping[str, str]) -> None:
    """Let these log in. Raises the driver's exceptions."""
    for name, password in passwords.items():
        session.execute(f"CREATE ROLE IF NOT EXISTS {name} WITH LOGIN = true")
        session.execute(f"ALTER ROLE {name} WITH PASSWORD = '{password}'")


def cassandra_names() -> set[str]:
    """The identities that have to do with Cassandra."""
    grants = (statement.split() for path in (BEFORE_INIT, AFTER_INIT) for statement in statements_of(path))
    return {words[-1] for words in grants if words[0] == "GRANT"}


def execute_file(session: Any, path: Path) -> None:
    """Execute the statements of a file. Raises the driver's exceptions."""
    for statement in statements_of(path):
        session.execute(statement)


def statements_of(path: Path) -> list[str]:
    """The statements of a file, which have no `;` within."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("--")]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]


def _replace_the_first(host: str, port: int, security: CassandraSecurity, password: str) -> None:
    def done() -> bool:
        # The node makes its first superuser only after it takes connections.
        try:
            with _cluster(host, port, security, _FIRST, _FIRST) as cluster, cluster.connect() as session:
                set_roles(session, {ADMINISTRATOR: password})
                session.execute(f"ALTER ROLE {ADMINISTRATOR} WITH SUPERUSER = true")
        except NoHostAvailable as error:
            if _is_refusal(error):
                return False
            raise
        return True

    if not wait_until(done, _SECONDS, interval=0.3):
        raise AuthenticationFailed(f"{host}: neither {ADMINISTRATOR} nor {_FIRST} can log in")
    with _cluster(host, port, security, ADMINISTRATOR, password) as cluster, cluster.connect() as session:
        session.execute(f"ALTER ROLE {_FIRST} WITH SUPERUSER = false AND LOGIN = false")


def _is_refusal(error: NoHostAvailable) -> bool:
    reasons = error.errors.values() if isinstance(error.errors, dict) else error.errors
    return any(isinstance(reason, AuthenticationFailed) for reason in reasons)


def _cluster(host: str, port: int, security: CassandraSecurity, name: str, password: str) -> Cluster:
    profile = ExecutionProfile(load_balancing_policy=RoundRobinPolicy(), request_timeout=_SECONDS)
    return Cluster(
        [host],
        port=port,
        protocol_version=ProtocolVersion.V5,
        connect_timeout=_SECONDS,
        control_connection_timeout=_SECONDS,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        auth_provider=PlainTextAuthProvider(name, password),
        ssl_context=security.client(),
        ssl_options={"server_hostname": host},
    )
