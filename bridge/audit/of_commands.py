"""Records what people do by commands, in the name by which the machine knows them."""

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.audit.entry import Action, Who
from bridge.audit.trail import AuditTrail, Recording
from chat_tasks.settings import Settings


@contextmanager
def recorded(settings: Settings, action: Action, target: str) -> Iterator[Recording]:
    """Record what is carried out within the block. Raises `NotAudited` before that if it cannot be written."""
    with AuditTrail(settings).record(action, target, Who("command", _user())) as recording:
        yield recording


def _user() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        # A user without a name, as in a container.
        return socket.gethostname()
