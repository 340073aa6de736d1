from hypothesis import given
from hypothesis import strategies as st

from console.access.attempts import Attempts
from console.access.passwords import role_of
from console.access.roles import Role
from console.access.sessions import Sessions

_HOURS = 3600.0


def test_a_session_lasts_half_a_day() -> None:
    sessions = Sessions()
    token = sessions.begin(Role.READER, "ann", now=0.0)
    found = sessions.find(token, now=11.9 * _HOURS)
    assert found is not None
    assert (found.role, found.name) == (Role.READER, "ann")
    assert sessions.find(token, now=12.1 * _HOURS) is None


def test_a_session_ends_when_its_owner_leaves() -> None:
    sessions = Sessions()
    token, other = sessions.begin(Role.OPERATOR, "", 0.0), sessions.begin(Role.VIEWER, "", 0.0)
    sessions.end(token)
    assert sessions.find(token, 1.0) is None
    assert sessions.find(other, 1.0) is not None


def test_sessions_take_no_more_memory_than_a_thousand_of_them() -> None:
    sessions = Sessions()
    tokens = [sessions.begin(Role.VIEWER, "", 0.0) for _ in range(1_001)]
    assert sessions.find(tokens[0], 1.0) is None
    assert all(sessions.find(token, 1.0) for token in tokens[1:])


def test_an_invented_token_is_nobodys() -> None:
    assert Sessions().find("", 0.0) is None


PASSWORDS = {Role.VIEWER: "figures", Role.READER: "texts", Role.OPERATOR: "everything"}


def test_a_password_opens_its_role() -> None:
    assert [role_of(password, PASSWORDS) for password in PASSWORDS.values()] == list(PASSWORDS)


def test_one_password_for_two_roles_opens_the_higher_one() -> None:
    assert role_of("same", {Role.OPERATOR: "same", Role.VIEWER: "same"}) is Role.OPERATOR


@given(st.text())
def test_any_other_text_opens_nothing(text: str) -> None:
    assert role_of(text, PASSWORDS) is None or text in PASSWORDS.values()


def test_the_eleventh_guess_of_a_minute_has_to_wait() -> None:
    attempts = Attempts()
    for second in range(10):
        assert attempts.seconds_to_wait(f"guess {second}", float(second)) == 0
        attempts.failed(f"guess {second}", float(second))
    assert attempts.seconds_to_wait("guess 10", 10.0) == 50.0
    assert attempts.seconds_to_wait("guess 10", 60.0) == 0


def test_a_program_with_an_old_password_keeps_nobody_out() -> None:
    attempts = Attempts()
    for second in range(100):
        attempts.failed("old", float(second))
        assert attempts.seconds_to_wait("everything", float(second)) == 0
    for guess in range(9):
        attempts.failed(f"guess {guess}", 100.0)
    # The old one was wrong before: to try it again tells nothing, and is told at once.
    assert attempts.seconds_to_wait("old", 101.0) == 0
