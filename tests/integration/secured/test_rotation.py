"""Every secret is changed while messages flow, as docs/security.md says."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from chat_tasks.formats.topics import InstantMessage
from stack.processes.ports import free_port
from stack.processes.server_process import ServerProcess
from stack.security.cassandra_permissions import set_roles
from stack.security.certificates import Certificate, Certificates
from stack.security.identities import ADMINISTRATOR, IDENTITIES
from stack.security.kafka_permissions import set_passwords
from stack.security.secret_file import write_secret
from stack.servers.secured import SecuredServers
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Process
from tests.pipeline.secured import SecuredDeployment

pytestmark = pytest.mark.servers

OLD, NEW = "o" * 32, "n" * 32
KEYS = ("chat_ingest", "chat_dispatch", "chat_worker")
_SECONDS = 30.0


def test_messages_flow_through_a_change_of_each_secret(
    secured_servers: SecuredServers, pipeline: SecuredDeployment, tmp_path: Path
) -> None:
    running = Running(secured_servers, pipeline)
    running.restart_each(OLD)
    authority = Authority(secured_servers, Certificates(tmp_path / "authority"))

    authority.trust_both()
    running.send()
    with both_passwords(secured_servers):
        running.send()
        # Of a process that starts: its new passwords, and the new authority beside the old one.
        running.restart_each(f"{OLD},{NEW}")

    authority.certify_identities()
    running.restart_each(f"{NEW},{OLD}")
    authority.certify_servers()
    running.send()
    authority.trust_the_new_one_only()
    running.restart_each(NEW)
    running.send()
    read_outputs(pipeline.settings, running.sent)
    assert all(process.runs for process in running.processes.values())


class Running:
    """A pipeline that runs, of one ingest with a password, one with a certificate, a dispatch and a worker."""

    def __init__(self, servers: SecuredServers, pipeline: SecuredDeployment) -> None:
        self._pipeline = pipeline
        self._variables: Mapping[str, Mapping[str, str]] = {
            "ingest.1": {},
            "ingest.2": servers.kafka_by_certificate("chat_ingest"),
            "dispatch.1": {},
            "worker.1": {},
        }
        self.processes: dict[str, Process] = {}
        self.sent: list[InstantMessage] = []

    def send(self) -> None:
        """Send some messages, and do not wait for them."""
        messages = some_messages(20, 5, tag=f"rotation-{len(self.sent)}")
        send(self._pipeline.settings, messages)
        self.sent += messages

    def restart_each(self, task_keys: str) -> None:
        """Start the processes again, one after the other, with messages before each."""
        for name, variables in self._variables.items():
            if (process := self.processes.get(name)) is not None:
                self.send()
                assert process.stop() == 0
            [self.processes[name]] = self._pipeline.start(name, CHAT_TASK_KEY=task_keys, **variables)


@contextmanager
def both_passwords(servers: SecuredServers) -> Iterator[None]:
    """New passwords at all servers; within the block Redis takes the old ones too."""
    old = servers.passwords.of_all(KEYS)
    for name in KEYS:
        servers.passwords.renew(name)
        servers.environment_of(name)
    new = servers.passwords.of_all(KEYS)
    set_passwords(AdminClient(servers.kafka.client()), {name: new[name] for name in ("chat_ingest", "chat_dispatch")})
    with servers.administration() as session:
        set_roles(session, new)
    with servers.redis.client() as redis:
        users = ("chat_dispatch", "chat_worker")
        for user in users:
            redis.execute_command("ACL", "SETUSER", user, f">{new[user]}")
        yield
        for user in users:
            redis.execute_command("ACL", "SETUSER", user, f"<{old[user]}")


class Authority:
    """Takes the place of the servers' authority, without a moment in which somebody is not trusted."""

    def __init__(self, servers: SecuredServers, new: Certificates) -> None:
        self._servers = servers
        self._new = new
        new.client(ADMINISTRATOR)

    def trust_both(self) -> None:
        """Certificates of both are trusted by the servers, and by each process that starts from now on."""
        both = self._servers.certificates.authority.read_bytes() + self._new.authority.read_bytes()
        write_secret(self._servers.certificates.authority, both)
        self._start_again(*self._servers.all)

    def certify_identities(self) -> None:
        """New certificates for everybody, by the new authority; a process reads its own when it starts."""
        for name in (ADMINISTRATOR, *IDENTITIES):
            _replace(self._servers.certificates.client(name), self._new.client(name))

    def certify_servers(self) -> None:
        """Servers show certificates of the new authority: Kafka goes on, the others begin anew."""
        for name in ("kafka", "cassandra", "redis"):
            _replace(self._servers.certificates.server(name), self._new.server(name))
        renew_certificate_of_kafka(self._servers)
        self._start_again(self._servers.cassandra, self._servers.redis_tls)

    def trust_the_new_one_only(self) -> None:
        """Nobody trusts the old authority any more; who makes certificates has the new one's key."""
        authority = self._servers.certificates.authority
        for name in (authority.name, "ca-key.pem"):
            write_secret(authority.with_name(name), self._new.authority.with_name(name).read_bytes())
        self._start_again(*self._servers.all)

    @staticmethod
    def _start_again(*servers: ServerProcess) -> None:
        for server in servers:
            server.stop()
            server.start()
            server.wait_until_answering(PATIENCE_SECONDS)


def renew_certificate_of_kafka(servers: SecuredServers) -> None:
    """The broker is told that the file has changed, and shows the new certificate at both listeners."""
    listeners = {"sasl_ssl": servers.kafka.port, "ssl": servers.kafka.ports[-1]}
    before = {port: ssl.get_server_certificate((servers.kafka.host, port)) for port in listeners.values()}
    values = {"type": "PEM", "location": str(servers.certificates.server("kafka").both)}
    entries = [
        ConfigEntry(f"listener.name.{listener}.ssl.keystore.{name}", value, incremental_operation=AlterConfigOpType.SET)
        for listener in listeners
        for name, value in values.items()
    ]
    broker = ConfigResource(ResourceType.BROKER, "1", incremental_configs=entries)
    admin = AdminClient(servers.kafka.client())
    admin.incremental_alter_configs([broker])[broker].result(_SECONDS)

    def is_new() -> bool:
        shown = {port: ssl.get_server_certificate((servers.kafka.host, port)) for port in before}
        return all(shown[port] != before[port] for port in before)

    # The broker takes it after it has answered, or refuses it in its log.
    assert wait_until(is_new, PATIENCE_SECONDS, interval=0.2)


def _replace(there: Certificate, new: Certificate) -> None:
    for old, made in zip(there, new, strict=True):
        write_secret(old, made.read_bytes())


def test_a_new_password_of_flower_and_of_the_console_counts_after_a_restart(
    secured_servers: SecuredServers, pipeline: SecuredDeployment
) -> None:
    port, console_port = free_port(), free_port()
    before: list[Process] = []
    for mine, others in (("old", "new"), ("new", "old")):
        for process in before:
            process.stop()
        write_secret(secured_servers.console_password, mine.encode())
        flower = pipeline.flower(port, FLOWER_BASIC_AUTH=f"ann:{mine}")
        [console] = pipeline.start("console.1", CHAT_CONSOLE_PORT=str(console_port))
        before = [flower, console]
        for address in (f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{console_port}/api/pipeline"):
            assert wait_until(partial(lets_in, address, mine), PATIENCE_SECONDS, interval=0.2)
            assert not lets_in(address, others)


def lets_in(address: str, password: str) -> bool:
    """Whether somebody with this password gets an answer; without a process there is none."""
    try:
        status = requests.get(address, auth=("ann", password), timeout=PATIENCE_SECONDS).status_code
    except requests.ConnectionError:
        return False
    assert status in {200, 401}
    return status == 200
