"""One Kafka, one Cassandra and one Redis that let in only whom their lists name, each for what it needs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from chat_tasks.storage.session import FAILURES
from stack.errors import StackError
from stack.home import jars_folder
from stack.processes.ports import free_port
from stack.security import cassandra_permissions as roles
from stack.security.cassandra_security import CassandraSecurity
from stack.security.certificates import Certificates
from stack.security.identities import ADMINISTRATOR, IDENTITIES
from stack.security.kafka_permissions import kafka_names, kafka_permissions, permit, set_passwords
from stack.security.kafka_security import BROKER, KafkaSecurity
from stack.security.passwords import Passwords
from stack.security.redis_security import RedisSecurity, redis_names
from stack.servers.cassandra import CassandraNode, CassandraSettings, CommitlogSync
from stack.servers.kafka import KafkaBroker, KafkaSettings
from stack.servers.one_of_each import Servers
from stack.servers.redis import RedisServer, RedisSettings
from stack.servers.tls_front import TlsFront

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from stack.processes.server_process import ServerProcess
    from stack.servers.profiles import Profile


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except (KafkaException, *FAILURES) as error:
        raise StackError(f"the permissions of the secured servers cannot be set: {error}") from error


@dataclass(frozen=True)
class _Ports:
    kafka: int
    controller: int
    ssl: int
    cassandra: int
    storage: int
    redis: int
    redis_tls: int


def _free_ports() -> _Ports:
    return _Ports(*(free_port() for _ in fields(_Ports)))


@dataclass(frozen=True)
class SecuredServers(Servers):
    """Kafka with SASL_SSL and, at a port of its own, SSL; Cassandra with TLS; Redis behind TLS.

    Who may come is named in `stack.security.identities`, and what each may do in the lists of `deploy/secured`.
    Certificates and passwords are made below the servers' home, once.
    """

    redis_tls: TlsFront
    certificates: Certificates
    passwords: Passwords
    cassandra_security: CassandraSecurity

    @classmethod
    def development(cls, home: Path) -> Self:
        """The servers of `make up SECURED=1` at the ports of the open ones, below `home`/secured."""
        ports = _Ports(19092, 19093, 19094, 19042, 17000, 16380, 16379)
        return cls._below(home / "secured", home / "jars", ports, "steady", "periodic", for_tests=False)

    @classmethod
    def for_tests(cls, home: Path) -> Self:
        """Servers at free ports that start fast, take every way to log in, and log every decision."""
        return cls._below(home, jars_folder(), _free_ports(), "fast_start", "group", for_tests=True)

    @classmethod
    def on_free_ports(
        cls,
        home: Path,
        *,
        profile: Profile,
        commitlog_sync: CommitlogSync = "periodic",
        raised_batch_thresholds: bool = True,
    ) -> Self:
        """Servers below `home` that disturb no others, set as the open ones are; their jars are shared."""
        return cls._below(
            home,
            jars_folder(),
            _free_ports(),
            profile,
            commitlog_sync,
            for_tests=False,
            raised_batch_thresholds=raised_batch_thresholds,
        )

    @classmethod
    def _below(
        cls,
        home: Path,
        jars: Path,
        ports: _Ports,
        profile: Profile,
        commitlog_sync: CommitlogSync,
        *,
        for_tests: bool,
        raised_batch_thresholds: bool = True,
    ) -> Self:
        certificates = Certificates(home / "certificates")
        passwords = Passwords(home / "passwords")
        administrator = certificates.client(ADMINISTRATOR)
        kafka = KafkaSecurity(
            ports.ssl,
            certificates.authority,
            certificates.server(BROKER),
            administrator,
            plain={name: passwords.of(name) for name in IDENTITIES} if for_tests else {},
            tokens=for_tests,
            decisions="debug" if for_tests else "info",
        )
        cassandra = CassandraSecurity(
            certificates.authority, certificates.server("cassandra"), administrator, for_tests=for_tests
        )
        redis = RedisServer(RedisSettings(home / "redis", port=ports.redis, security=RedisSecurity(passwords)))
        return cls(
            kafka=KafkaBroker(
                KafkaSettings(
                    home / "kafka", port=ports.kafka, controller_port=ports.controller, profile=profile, security=kafka
                ),
                jars,
            ),
            cassandra=CassandraNode(
                CassandraSettings(
                    home / "cassandra",
                    port=ports.cassandra,
                    storage_port=ports.storage,
                    profile=profile,
                    commitlog_sync=commitlog_sync,
                    raised_batch_thresholds=raised_batch_thresholds,
                    security=cassandra,
                ),
                jars,
            ),
            redis=redis,
            redis_tls=TlsFront(
                home / "redis-tls",
                ports.redis_tls,
                redis,
                files=certificates.server("redis"),
                authority=certificates.authority,
            ),
            certificates=certificates,
            passwords=passwords,
            cassandra_security=cassandra,
        )

    @property
    def all(self) -> Sequence[ServerProcess]:
        """The three, and what stands before Redis."""
        return (*super().all, self.redis_tls)

    def before_init(self) -> None:
        """Make passwords, roles and permissions what the lists say. Raises `StackError`."""
        with _failures_told():
            admin = AdminClient(self.kafka.client())
            set_passwords(admin, self.passwords.of_all(kafka_names()))
            permit(admin, kafka_permissions())
            with self.administration() as session:
                roles.set_roles(session, self.passwords.of_all(roles.cassandra_names()))
                roles.execute_file(session, roles.BEFORE_INIT)

    def after_init(self) -> None:
        """Let the processes use the tables, which are there now. Raises `StackError`."""
        with _failures_told(), self.administration() as session:
            roles.execute_file(session, roles.AFTER_INIT)

    def administration(self) -> AbstractContextManager[Any]:
        """A session with Cassandra of one who may do everything."""
        password = self.passwords.of(ADMINISTRATOR)
        return roles.administration(self.cassandra.host, self.cassandra.port, self.cassandra_security, password)

    def administrator_environment(self) -> Mapping[str, str]:
        """The settings by which somebody comes who may do everything, to Redis past its TLS."""
        password = self.passwords.of(ADMINISTRATOR)
        return {
            **self.kafka_by_certificate(ADMINISTRATOR),
            "CHAT_KAFKA_SSL_CA_LOCATION": str(self.certificates.authority),
            **self._at_cassandra(ADMINISTRATOR),
            "CHAT_REDIS_URL": f"redis://{ADMINISTRATOR}:{password}@{self.redis.address}/0",
        }

    def environment_of(self, identity: str) -> Mapping[str, str]:
        """The settings by which a process comes as this identity, over SASL_SSL with SCRAM. Secrets are in files."""
        return {**self._for_kafka(identity), **self._for_cassandra(identity), **self._for_redis(identity)}

    def kafka_by_certificate(self, identity: str) -> Mapping[str, str]:
        """The settings by which a process comes to Kafka with a certificate, in place of a password."""
        found = self.certificates.client(identity)
        return {
            "CHAT_KAFKA_BOOTSTRAP_SERVERS": str(self.kafka.client()["bootstrap.servers"]),
            "CHAT_KAFKA_SECURITY_PROTOCOL": "SSL",
            "CHAT_KAFKA_SSL_CERTIFICATE_LOCATION": str(found.certificate),
            "CHAT_KAFKA_SSL_KEY_LOCATION": str(found.key),
        }

    def environments(self) -> Mapping[str, Mapping[str, str]]:
        """The settings of each process, by its name in the Procfile."""
        found = {identity.removeprefix("chat_"): self.environment_of(identity) for identity in IDENTITIES}
        # It does what an operator does, so it lets in only who knows a password.
        password = {"CHAT_CONSOLE_OPERATOR_PASSWORD_FILE": str(self.console_password)}
        return {**found, "console": {**found["console"], **password}}

    @property
    def console_password(self) -> Path:
        """The file with the password that the console asks for."""
        return self.passwords.path("console")

    def settings_file(self, identity: str) -> Path:
        """A file for `CHAT_ENV_FILE`, by which commands come as this identity."""
        found = {**self.environment(), **self.environment_of(identity)}
        lines = "".join(f"{name}='{value}'\n" for name, value in found.items())
        return self.passwords.note(f"{identity}.env", lines)

    def _for_kafka(self, identity: str) -> Mapping[str, str]:
        if identity not in kafka_names():
            return {}
        return {
            "CHAT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "CHAT_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "CHAT_KAFKA_SASL_USERNAME": identity,
            "CHAT_KAFKA_SASL_PASSWORD_FILE": str(self.passwords.path(identity)),
            "CHAT_KAFKA_SSL_CA_LOCATION": str(self.certificates.authority),
        }

    def _for_cassandra(self, identity: str) -> Mapping[str, str]:
        return self._at_cassandra(identity) if identity in roles.cassandra_names() else {}

    def _at_cassandra(self, identity: str) -> Mapping[str, str]:
        certificate = self.certificates.client(identity)
        return {
            "CHAT_CASSANDRA_USERNAME": identity,
            "CHAT_CASSANDRA_PASSWORD_FILE": str(self.passwords.path(identity)),
            "CHAT_CASSANDRA_CA_LOCATION": str(self.certificates.authority),
            "CHAT_CASSANDRA_CERTIFICATE_LOCATION": str(certificate.certificate),
            "CHAT_CASSANDRA_KEY_LOCATION": str(certificate.key),
        }

    def _for_redis(self, identity: str) -> Mapping[str, str]:
        if identity not in redis_names():
            return {}
        url = f"rediss://{identity}:{self.passwords.of(identity)}@{self.redis_tls.address}/0"
        return {
            "CHAT_REDIS_URL_FILE": str(self.passwords.note(f"{identity}.redis-url", url)),
            "CHAT_REDIS_CA_LOCATION": str(self.certificates.authority),
        }

    def environment(self) -> dict[str, str]:
        """What tells a process of the application where the servers are, apart from who it is."""
        found = super().environment()
        # The URL names the user too.
        del found["CHAT_REDIS_URL"]
        return found
