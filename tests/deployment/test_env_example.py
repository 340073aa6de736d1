"""`.env.example` documents every setting, with its default."""

from pathlib import Path

from chat_tasks.settings import Settings

LINES = (Path(__file__).parents[2] / ".env.example").read_text().splitlines()
EXAMPLES = dict(line.removeprefix("# ").split("=", 1) for line in LINES if line.startswith("# CHAT_"))


def test_every_setting_is_there_and_nothing_else() -> None:
    assert list(EXAMPLES) == [f"CHAT_{name.upper()}" for name in Settings.model_fields]


def test_every_value_is_the_default() -> None:
    given = {name.removeprefix("CHAT_").lower(): value for name, value in EXAMPLES.items() if value}
    assert given.keys() == Settings.model_fields.keys() - {"instance_name"}
    assert Settings(**given) == Settings()


def test_nothing_in_it_is_set() -> None:
    assert all(line.startswith("#") or not line for line in LINES)
