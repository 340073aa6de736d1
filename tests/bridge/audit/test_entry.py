import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audit.entry import (
    Action,
    Result,
    Who,
    begun_entry,
    conversation_target,
    decode_entry,
    encode_entry,
    ended_entry,
    newest_first,
)
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings

ANN = Who("operator", "ann")
TEXTS = st.text(st.characters(codec=None), max_size=1_000)


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_people_are_called_and_do_is_read_back_and_fits(name: str, target: str, detail: str) -> None:
    begun = begun_entry("1", 1.0, Who("operator", name), Action.SEND, target)
    ended = ended_entry(begun, 2.0, Result.DONE, detail)
    for entry in (begun, ended):
        key, value = encode_entry(entry)
        assert key == b"1"
        assert decode_entry(value) == entry
        assert len(value) < 64 * 1024


def test_the_outcome_takes_the_place_of_the_beginning_and_the_newest_action_comes_first() -> None:
    first, second = (begun_entry(str(at), at, ANN, Action.RELEASE, "conversation 1") for at in (1.0, 2.0))
    done = ended_entry(first, 5.0, Result.DONE, "requested")
    assert newest_first([first, second, done]) == [second, done]


def test_what_compaction_has_left_is_all_that_is_needed() -> None:
    begun = begun_entry("1", 1.0, ANN, Action.POOL_GROW, "worker.1@here")
    failed = ended_entry(begun, 2.0, Result.FAILED, "no answer")
    assert newest_first([failed]) == newest_first([begun, failed])
    assert failed.name == "ann"
    assert (failed.begun, failed.ended, failed.detail) == (1.0, 2.0, "no answer")


def test_a_conversation_is_named_as_in_logs() -> None:
    assert "secret" not in conversation_target("secret", Settings())
    assert conversation_target("secret", Settings(log_keys=True)) == 'conversation "secret"'


@given(st.binary(max_size=100))
def test_what_something_else_wrote_is_no_entry(value: bytes) -> None:
    with pytest.raises(InvalidRecord, match=r"^no entry of the audit: "):
        decode_entry(value)
