"""Flower starts only for those who have a password, and without its buttons unless somebody wants them."""

from pathlib import Path

import pytest

from chat_tasks.errors import ConfigurationError
from chat_tasks.worker.flower import flower_environment


def test_without_a_password_it_is_not_started(tmp_path: Path) -> None:
    for found in ({}, {"FLOWER_BASIC_AUTH": ""}, {"FLOWER_UNAUTHENTICATED_API": "true"}):
        with pytest.raises(ConfigurationError, match="set FLOWER_BASIC_AUTH=name:password"):
            flower_environment(found)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        flower_environment({"FLOWER_BASIC_AUTH_FILE": str(tmp_path / "none")})


def test_a_password_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text("me:secret\n")
    environment = flower_environment({"FLOWER_BASIC_AUTH_FILE": str(file)})
    assert environment["FLOWER_BASIC_AUTH"] == "me:secret"
    # Flower ends over a variable of its prefix that it does not know.
    assert "FLOWER_BASIC_AUTH_FILE" not in environment


@pytest.mark.parametrize(("chosen", "expected"), [({}, "true"), ({"FLOWER_READ_ONLY": "false"}, "false")])
def test_its_buttons_are_off_unless_somebody_wants_them(chosen: dict[str, str], expected: str) -> None:
    environment = flower_environment({"FLOWER_BASIC_AUTH": "me:secret", **chosen})
    assert environment["FLOWER_READ_ONLY"] == expected
    assert "PATH" in environment
