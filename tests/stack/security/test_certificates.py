"""The certificates of the secured servers."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography.x509 import NameOID, load_pem_x509_certificate

from stack.security.certificates import HOSTS, Certificate, Certificates

if TYPE_CHECKING:
    from pathlib import Path


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    """TLS's handshake in memory. Raises `ssl.SSLError` where one side refuses."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)


def contexts(certificates: Certificates, shown: Certificate, trusted: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A client that shows a certificate, and a server that wants one of the authority `trusted`."""
    client = ssl.create_default_context(cafile=str(certificates.authority))
    client.load_cert_chain(shown.certificate, shown.key)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(trusted))
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_cert_chain(certificates.server("kafka").both)
    return client, server


def test_servers_and_identities_trust_each_other(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "certificates")
    for host in HOSTS:
        client, server = contexts(certificates, certificates.client("chat_ingest"), certificates.authority)
        shake_hands(client, server, host)
    client, server = contexts(certificates, certificates.client("chat_ingest"), certificates.authority)
    with pytest.raises(ssl.SSLError, match="mismatch"):
        shake_hands(client, server, "elsewhere.example")


def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    certificates, others = Certificates(tmp_path / "ours"), Certificates(tmp_path / "theirs")
    others.client("chat_ingest")
    client, server = contexts(certificates, certificates.client("chat_ingest"), others.authority)
    with pytest.raises(ssl.SSLError):
        shake_hands(client, server, HOSTS[0])


def test_a_certificate_names_its_identity_and_stays(tmp_path: Path) -> None:
    found = Certificates(tmp_path / "certificates").client("chat_ingest")
    names = load_pem_x509_certificate(found.certificate.read_bytes()).subject
    assert [one.value for one in names.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["chat_ingest"]
    assert found.both.read_bytes() == found.key.read_bytes() + found.certificate.read_bytes()
    before = found.both.read_bytes()
    assert Certificates(tmp_path / "certificates").client("chat_ingest").both.read_bytes() == before


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "certificates")
    certificates.client("chat_ingest")
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "certificates").iterdir()} == {0}
