"""Every way to come to Kafka carries a message through the whole pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from chat_tasks.formats.topics import InstantMessage
from stack.security.identities import TOOLS
from stack.servers.secured import SecuredServers
from tests.pipeline.conversation import read_outputs, send
from tests.pipeline.secured import SecuredDeployment, settings_of

pytestmark = pytest.mark.servers


def plain(_: SecuredServers, __: str) -> Mapping[str, str]:
    """A name and a password, as they are."""
    return {"CHAT_KAFKA_SASL_MECHANISM": "PLAIN"}


def token(_: SecuredServers, identity: str) -> Mapping[str, str]:
    """A token that nobody has signed, which only these servers take."""
    return {
        "CHAT_KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "CHAT_KAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT": "true",
        "CHAT_KAFKA_SASL_OAUTHBEARER_CONFIG": f"principal={identity}",
    }


def certificate(servers: SecuredServers, identity: str) -> Mapping[str, str]:
    """A certificate, at a listener of its own."""
    return servers.kafka_by_certificate(identity)


@pytest.mark.parametrize("mechanism", [plain, token, certificate])
def test_a_message_goes_through(
    secured_servers: SecuredServers,
    pipeline: SecuredDeployment,
    mechanism: Callable[[SecuredServers, str], Mapping[str, str]],
) -> None:
    pipeline.start("worker.1")
    pipeline.start("ingest.1", **mechanism(secured_servers, "chat_ingest"))
    pipeline.start("dispatch.1", **mechanism(secured_servers, "chat_dispatch"))
    settings = settings_of({**pipeline.environment, **pipeline.identities[TOOLS], **mechanism(secured_servers, TOOLS)})
    message = InstantMessage(conversationKey=mechanism.__name__, sender="ann", recipients=["bob"], body="Hi")
    send(settings, [message])
    read_outputs(settings, [message])
