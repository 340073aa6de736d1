"""`.env.example` documents every setting, with its default."""

import re
from itertools import pairwise
from pathlib import Path

from chat_tasks.setting_variables import READ_ELSEWHERE
from chat_tasks.settings import Settings

ROOT = Path(__file__).parents[2]
LINES = (ROOT / ".env.example").read_text().splitlines()
EXAMPLES = dict(line.removeprefix("# ").split("=", 1) for line in LINES if line.startswith("# CHAT_"))
# Their defaults are a process's own.
OF_THE_PROCESS = {"instance_name", "http_port"}
SHELL_DEFAULTS = dict(re.findall(r"\$\{(CHAT_[A-Z_]+):-([^}]*)\}", (ROOT / "Procfile").read_text()))


def test_every_setting_is_there_and_nothing_else() -> None:
    # Those of Kafka's client have a variable each.
    names = [name for name in Settings.model_fields if name != "kafka_properties"]
    assert list(EXAMPLES) == [*(f"CHAT_{name.upper()}" for name in names), *SHELL_DEFAULTS]


def test_every_value_is_the_default() -> None:
    example = {name.removeprefix("CHAT_").lower(): value for name, value in EXAMPLES.items()}
    for name in OF_THE_PROCESS:
        assert example.pop(name) == ""
    read = Settings(**{name: value for name, value in example.items() if name in Settings.model_fields})
    defaults = {name: field.default for name, field in Settings.model_fields.items() if name not in OF_THE_PROCESS}
    assert read.model_dump(exclude=OF_THE_PROCESS) == defaults


def test_what_is_read_elsewhere_is_no_wrong_setting() -> None:
    assert SHELL_DEFAULTS.keys() <= READ_ELSEWHERE


def test_what_only_the_procfile_reads_has_its_default() -> None:
    assert SHELL_DEFAULTS
    assert {name: EXAMPLES[name] for name in SHELL_DEFAULTS} == SHELL_DEFAULTS


def test_every_line_with_a_value_follows_its_explanation() -> None:
    for before, line in pairwise(LINES):
        if line.startswith("# CHAT_"):
            assert re.match(r"# (?!CHAT_|---)", before), line


def test_nothing_in_it_is_set() -> None:
    assert all(line.startswith("#") or not line for line in LINES)
