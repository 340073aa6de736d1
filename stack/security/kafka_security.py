"""What a closed broker needs beside its addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stack.security.identities import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.security.certificates import Certificate

BROKER = "kafka"

_MODULE = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class KafkaSecurity:
    """The second listener, certificates, and how clients may log in at the first.

    `plain` are the passwords for PLAIN, by name; those for SCRAM are kept by the broker. With `tokens` the broker takes
    unsigned ones for OAUTHBEARER, which anybody can write: for tests only. `decisions` is the level of the
    authorizer's log: "info" has what is denied, "debug" what is allowed too.
    """

    ssl_port: int
    authority: Path
    broker: Certificate
    administrator: Certificate
    plain: Mapping[str, str] = field(default_factory=dict)
    tokens: bool = False
    decisions: str = "info"

    def values(self) -> Mapping[str, object]:
        """The values of the template."""
        logins = dict(self._logins())
        return {
            "ssl_port": self.ssl_port,
            "keystore": self.broker.both,
            "truststore": self.authority,
            "broker": BROKER,
            "administrator": ADMINISTRATOR,
            "mechanisms": ",".join(logins),
            "logins": "\n".join(
                f"listener.name.sasl_ssl.{name.lower()}.sasl.jaas.config={login}" for name, login in logins.items()
            ),
        }

    def client(self, host: str) -> dict[str, str]:
        """librdkafka's properties for the administrator, at the listener for certificates."""
        return {
            "bootstrap.servers": f"{host}:{self.ssl_port}",
            "security.protocol": "SSL",
            "ssl.ca.location": str(self.authority),
            "ssl.certificate.location": str(self.administrator.certificate),
            "ssl.key.location": str(self.administrator.key),
        }

    def _logins(self) -> Sequence[tuple[str, str]]:
        found = [("SCRAM-SHA-512", f"{_MODULE}.scram.ScramLoginModule required;")]
        if self.plain:
            users = "".join(f' user_{name}="{password}"' for name, password in self.plain.items())
            found.append(("PLAIN", f"{_MODULE}.plain.PlainLoginModule required{users};"))
        if self.tokens:
            module = f"{_MODULE}.oauthbearer.OAuthBearerLoginModule"
            found.append(("OAUTHBEARER", f'{module} required unsecuredLoginStringClaim_sub="{BROKER}";'))
        return found
