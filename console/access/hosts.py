"""Which names a browser may know the console by, and which pages may ask it to do something.

A page of another site can make a browser send requests here. If it has its own name resolve to the loopback address, it
can even read the answers. So the name in `Host` has to be one of ours, and a request that changes something has to come
from a page of the same name.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(address: str) -> bool:
    """Whether only programs of this machine can reach the address."""
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """The name or address in a `Host` header, without port and brackets; empty if there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_our_host(host: str, address: str, names: Collection[str]) -> bool:
    """Whether a request with this `Host` is meant for a console that listens at `address` and is called `names`."""
    name = host_name(host)
    return name in names or name == address or (is_loopback(address) and name in _LOOPBACK)


def is_same_origin(origin: str, host: str) -> bool:
    """Whether a page of this `Origin` may send a request with this `Host` that changes something."""
    return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
