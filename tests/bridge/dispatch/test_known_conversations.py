"""Which conversations a partition of the log has had, and what of it is saved."""

from bridge.dispatch.known_conversations import KnownConversations, Unsaved, known_of
from chat_tasks.storage.known_conversations import StoredConversations

DIGEST = "0ddba11"
NONE = StoredConversations(0, 0, {})


def unsaved(known: KnownConversations, committed: int) -> Unsaved:
    found = known.unsaved(committed, DIGEST)
    assert found is not None
    return found


def test_a_conversation_is_new_once() -> None:
    known = KnownConversations(NONE)
    assert known.add(b"abc123")
    assert not known.add(b"abc123")
    assert known.add("😀".encode())


def test_what_is_saved_is_saved_once() -> None:
    known = KnownConversations(NONE)
    known.add(b"abc123")
    known.delivered(1)
    first = unsaved(known, committed=0)
    assert (first.conversations.offset, first.conversations.keys, list(first.conversations.segments)) == (1, 1, [0])
    known.saved(first)
    assert known.unsaved(0, DIGEST) is None
    assert known.unsaved(0, "another") is not None, "what was written again may be purged in time too"


def test_a_commit_is_saved_too_without_the_conversations_again() -> None:
    known = KnownConversations(NONE)
    known.add(b"abc123")
    known.delivered(1)
    known.saved(unsaved(known, committed=0))
    assert unsaved(known, committed=1) == (StoredConversations(1, 1, {}), 1, DIGEST)


def test_what_was_not_acknowledged_is_to_be_saved_again() -> None:
    known = KnownConversations(NONE)
    known.add(b"abc123")
    known.delivered(1)
    assert unsaved(known, committed=0) == unsaved(known, committed=0)


def test_with_an_assignment_everything_is_saved_again() -> None:
    """Cassandra may have forgotten it."""
    known = KnownConversations(NONE)
    known.add(b"abc123")
    known.delivered(1)
    first = unsaved(known, committed=1)
    known.saved(first)
    known.save_all_again()
    assert unsaved(known, committed=1) == first


def test_the_offset_never_goes_back() -> None:
    known = KnownConversations(StoredConversations(7, 0, {}))
    known.delivered(3)
    assert known.offset == 7


def test_where_what_was_saved_is_not_there_nothing_is_known() -> None:
    whole = KnownConversations(NONE)
    whole.add(b"abc123")
    stored = unsaved(whole, committed=0).conversations
    known = known_of({0: stored, 1: stored._replace(segments={}), 2: NONE})
    assert list(known) == [0, 2]
    assert not known[0].add(b"abc123")
