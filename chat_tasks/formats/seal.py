"""The seal of tasks and replies: whose they are, and the proof that the pipeline itself put them there.

    sealed:  MAC, then what is signed
    signed:  keyspace, a blank, id of the log, a newline, the body

The MAC is the HMAC-SHA256 of the place, a newline, and what is signed, as 64 hexadecimal digits. The place is the queue
or list in Redis. The seal is no part of the body's version, so an older process can open what a newer one has sealed.
"""

import hmac
import re
from collections.abc import Sequence

from chat_tasks.errors import NotOurs

_MAC_BYTES = 64
_OWNER = re.compile(rb"([a-z][a-z0-9_]{0,47}) ([0-9a-f-]{36})\n")


class Seal:
    """Seals and opens what one pipeline puts into Redis as long as it has the same log.

    `read_seal` makes the seal. It never changes, and any thread may use it. Invariant: a body is opened only if it was
    sealed with one of the keys, for the same keyspace, log and place. No `repr` shows a key.
    """

    def __init__(self, keyspace: str, log_id: str, keys: Sequence[bytes]) -> None:
        """Seal with the first key, and open with any; `log_id` is a UUID."""
        self.log_id = log_id
        self._owner = f"{keyspace} {log_id}\n".encode()
        self._keys = keys

    def close(self, place: str, body: bytes) -> bytes:
        """The body, sealed for this place."""
        signed = self._owner + body
        return _mac(self._keys[0], place, signed) + signed

    def open(self, place: str, sealed: object) -> bytes:
        """The body of what was found at this place. Raises `NotOurs`."""
        if not isinstance(sealed, bytes):
            raise NotOurs("it is not signed")
        mac, signed = sealed[:_MAC_BYTES], memoryview(sealed)[_MAC_BYTES:]
        is_signed = any(hmac.compare_digest(_mac(key, place, signed), mac) for key in self._keys)
        # Two pipelines may have been given the same key.
        if is_signed and sealed.startswith(self._owner, _MAC_BYTES):
            return sealed[_MAC_BYTES + len(self._owner) :]
        owner = _OWNER.match(sealed, _MAC_BYTES)
        if owner is None:
            raise NotOurs("it is not signed")
        if owner[0] == self._owner:
            raise NotOurs("it is signed with another key, or for another queue or list")
        raise NotOurs(f"it is of keyspace {owner[1].decode()} and log {owner[2].decode()}")


def _mac(key: bytes, place: str, signed: bytes | memoryview) -> bytes:
    mac = hmac.new(key, f"{place}\n".encode(), "sha256")
    mac.update(signed)
    return mac.hexdigest().encode()
