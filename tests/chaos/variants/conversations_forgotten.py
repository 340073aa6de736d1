"""Broken: what is saved of the conversations there have been claims to hold them all, and holds none."""

from bridge.dispatch import cluster
from bridge.dispatch.known_conversations import KnownConversations
from chat_tasks.storage.known_conversations import StoredConversations


def _known_of(stored: dict[int, StoredConversations]) -> dict[int, KnownConversations]:
    return {
        number: KnownConversations(StoredConversations(conversations.offset, 0, {}))
        for number, conversations in stored.items()
    }


PATCHES = [
    (cluster, "known_of", _known_of),
]
