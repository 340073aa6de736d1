"""TLS to Cassandra and Redis: whom a process trusts, and the certificate that it shows."""

import ssl
from typing import NamedTuple

from chat_tasks.errors import ConfigurationError


class TlsFiles(NamedTuple):
    """Paths of PEM files: the authority's certificate, our own certificate with its chain, and its key; "" for none."""

    authority: str
    certificate: str
    key: str


def tls_context(service: str, files: TlsFiles) -> ssl.SSLContext:
    """A client's context, which checks host names, and trusts the system's authorities if none is given.

    Raises `ConfigurationError`, which names the variable of `service` (`CASSANDRA`, `REDIS`) and the file.
    """
    variable = f"CHAT_{service}_CA_LOCATION"
    try:
        context = ssl.create_default_context(cafile=files.authority or None)
        if files.certificate:
            variable = f"CHAT_{service}_CERTIFICATE_LOCATION, CHAT_{service}_KEY_LOCATION"
            # Without a password here, OpenSSL would ask the terminal for it.
            context.load_cert_chain(files.certificate, files.key, password="")
    except ssl.SSLError as error:
        raise ConfigurationError(f"{variable}: {error.reason or 'no PEM file'}") from None
    except OSError as error:
        raise ConfigurationError(f"{variable}: {error.strerror}") from None
    return context
