"""What a closed Cassandra node needs beside its addresses."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.security.certificates import Certificate

_AUDIT = """\
audit_logging_options:
  enabled: true
  logger:
    - class_name: FileAuditLogger
  excluded_keyspaces: system, system_schema"""


@dataclass(frozen=True)
class CassandraSecurity:
    """Certificates of the node and of its administrator.

    For tests the node's log has every statement, a changed permission counts at once, and a login costs little.
    """

    authority: Path
    node: Certificate
    administrator: Certificate
    for_tests: bool = False

    def values(self) -> Mapping[str, object]:
        """The values of the template."""
        return {
            "keystore": self.node.both,
            "truststore": self.authority,
            "validity": "100ms" if self.for_tests else "2000ms",
            "audit": _AUDIT if self.for_tests else "",
        }

    def options(self) -> Sequence[str]:
        """Options of Java."""
        # The rounds of bcrypt, as a power of two: each connection of a client is a login.
        return ("-Dcassandra.auth_bcrypt_gensalt_log2_rounds=4",) if self.for_tests else ()

    def client(self) -> ssl.SSLContext:
        """For a connection of the administrator."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.administrator.certificate, self.administrator.key)
        return context
