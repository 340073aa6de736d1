"""Certificates for the secured servers and their clients, from an authority of this machine's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from stack.security.secret_file import write_secret

if TYPE_CHECKING:
    from pathlib import Path

# Where servers are found, in the names of their certificates.
HOSTS = ("127.0.0.1", "localhost")

_ORGANISATION = "chat-tasks"


class Certificate(NamedTuple):
    """The files of one certificate. `both` is the key and, after it, the certificate: what the Java servers read."""

    certificate: Path
    key: Path
    both: Path


class Certificates:
    """An authority below `folder`, and what it has issued there. What is there is used again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority = folder / "ca.pem"
        """The authority's certificate, which servers and clients trust."""
        self._authority_key = folder / "ca-key.pem"

    def server(self, name: str) -> Certificate:
        """The certificate of a server on this machine."""
        return self._of(name, *HOSTS)

    def client(self, name: str) -> Certificate:
        """The certificate of an identity: its common name is `name`. Java wants an alternative name in each."""
        return self._of(name, f"{name}@chat-tasks.invalid")

    def _of(self, name: str, *names: str) -> Certificate:
        found = Certificate(*(self._folder / f"{name}{end}.pem" for end in ("", "-key", "-both")))
        if not found.both.exists():
            self._issue(name, found, names)
        return found

    def _issue(self, name: str, files: Certificate, names: tuple[str, ...]) -> None:
        # Kafka takes a renewed certificate only if its subject has not changed.
        issued = self._certificate_authority().issue_cert(
            *names, common_name=name, organization_name=_ORGANISATION, organization_unit_name=_ORGANISATION
        )
        # Java reads PKCS #8 only.
        key = load_pem_private_key(issued.private_key_pem.bytes(), None).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        certificate = b"".join(one.bytes() for one in issued.cert_chain_pems)
        write_secret(files.certificate, certificate)
        write_secret(files.key, key)
        write_secret(files.both, key + certificate)

    def _certificate_authority(self) -> trustme.CA:
        if self._authority_key.exists():
            return trustme.CA.from_pem(self.authority.read_bytes(), self._authority_key.read_bytes())
        authority = trustme.CA(organization_name=_ORGANISATION)
        write_secret(self.authority, authority.cert_pem.bytes())
        write_secret(self._authority_key, authority.private_key_pem.bytes())
        return authority
