"""Broken: what is saved of the conversations there have been claims to hold them all, and holds none.

It is saved all the time, so that a kill always comes after that: else the log, which still holds them, mends it.
"""

from bridge.dispatch import cluster, upkeep
from bridge.dispatch.known_conversations import KnownConversations
from chat_tasks.storage.known_conversations import StoredConversations

_OFTEN_SECONDS = 0.1


def _known_of(stored: dict[int, StoredConversations]) -> dict[int, KnownConversations]:
    return {
        number: KnownConversations(StoredConversations(conversations.offset, 0, {}))
        for number, conversations in stored.items()
    }


PATCHES = [
    (cluster, "known_of", _known_of),
    (upkeep, "_SAVE_SECONDS", _OFTEN_SECONDS),
    (upkeep, "_NODES_SECONDS", _OFTEN_SECONDS),
]
