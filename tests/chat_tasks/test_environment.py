"""`.env` means the same to a typed command, to honcho's processes and to docker-compose."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chat_tasks.environment import FILE_VARIABLE, variables
from chat_tasks.errors import ConfigurationError

HARD = {
    "pa#ss": "pa#ss",
    "value # comment": "value",
    '"it\'s"': "it's",
    "a\\b": "a\\b",
    "'a\\nb'": "a\\nb",
    '"a\\\\b"': "a\\b",
    "'${HOST}'": "${HOST}",
    "'$HOST'": "$HOST",
    "two words": "two words",
    "'  around  '": "  around  ",
    "'#5 \"quoted\"'": '#5 "quoted"',
    "a=b&c%20d:e": "a=b&c%20d:e",
    "čeněk👋": "čeněk👋",
    "": "",
}
"""How a value is written, and what it is."""

NOT_EXPANDED = {"${HOST}": "${HOST}", "$HOST": "$HOST", '"${HOST}"': "${HOST}"}
"""The same, for values that docker-compose alone expands."""

SHOW = (
    "import json; from chat_tasks.environment import variables; from chat_tasks.settings import Settings; "
    "print('READ', json.dumps([variables(), Settings().queues, Settings().task_records, Settings().log_partitions]))"
)
TYPED = (sys.executable, "show.py")
HONCHO = str(Path(sys.executable).with_name("honcho"))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working directory, whose `.env` is read."""
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    monkeypatch.setenv("HOST", "elsewhere")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Procfile").write_text(f"one: CHAT_LOG_PARTITIONS=7 exec {sys.executable} show.py\n")
    (tmp_path / "show.py").write_text(SHOW)
    return tmp_path


def what_is_read(*command: str) -> Any:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    shown = re.search(r"READ (.*)", done.stdout)
    assert shown, done.stdout + done.stderr
    return json.loads(shown[1])


@pytest.mark.parametrize("command", [TYPED, (HONCHO, "start"), (HONCHO, "run", *TYPED)])
def test_hard_values_mean_the_same_however_a_process_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    spelled = {f"HARD_{number}": spelling for number, spelling in enumerate(HARD | NOT_EXPANDED)}
    lines = [f"{name}={spelling}" for name, spelling in spelled.items()]
    lines += ["CHAT_QUEUES=4", "CHAT_TASK_RECORDS=5", "export CHAT_LOG_PARTITIONS=6"]
    (folder / ".env").write_text("\n".join(lines))
    monkeypatch.setenv("CHAT_QUEUES", "8")
    monkeypatch.setenv("CHAT_LOG_PARTITIONS", "7")
    found, *settings = what_is_read(*command)
    expected = dict(zip(spelled, (HARD | NOT_EXPANDED).values(), strict=True))
    assert {name: found[name] for name in spelled} == expected
    # The environment wins over the file, what the Procfile says wins too, and the file is read.
    assert settings == [8, 5, 7]


@pytest.mark.parametrize("command", [TYPED, (HONCHO, "start")])
def test_a_file_that_honcho_does_not_know_may_hold_anything(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (folder / "settings.env").write_text("HARD=it's\nCHAT_QUEUES=4\nCHAT_TASK_RECORDS=5\nCHAT_LOG_PARTITIONS=7\n")
    monkeypatch.setenv(FILE_VARIABLE, "settings.env")
    monkeypatch.setenv("CHAT_QUEUES", "8")
    found, *settings = what_is_read(*command)
    assert found["HARD"] == "it's"
    assert settings == [8, 5, 7]


@pytest.mark.parametrize("spelling", HARD)
def test_docker_compose_reads_the_same_by_its_documented_rules(folder: Path, spelling: str) -> None:
    (folder / ".env").write_text(f"HARD={spelling}\n")
    assert variables()["HARD"] == as_compose_documents_it(spelling) == HARD[spelling]


def as_compose_documents_it(spelling: str) -> str:
    """The documented rules of Compose for a value of an `env_file`, with `$` of other than single quotes expanded."""
    if single := re.fullmatch(r"'((?:\\'|[^'])*)'(?:\s+#.*)?", spelling):
        return single[1].replace("\\'", "'")
    if double := re.fullmatch(r'"((?:\\.|[^"\\])*)"(?:\s+#.*)?', spelling):
        value = re.sub(r"\\(.)", lambda escape: {"n": "\n", "r": "\r", "t": "\t"}.get(escape[1], escape[1]), double[1])
    else:
        value = re.sub(r"\s#.*", "", spelling).strip()
    return re.sub(r"\$\{?HOST\}?", "elsewhere", value)


def test_without_a_file_there_is_the_environment(folder: Path) -> None:
    assert variables() == dict(os.environ)
    assert not (folder / ".env").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"CHAT_QUEUES=4\n\n\nA='secret\n", r"^\.env, line 4: not NAME=value$"),
        (b"A='it's'", r"^\.env, line 1: not NAME=value$"),
        (b"A=\xff", r"^\.env is not UTF-8$"),
    ],
)
def test_a_file_that_cannot_be_read_gives_one_line(folder: Path, content: bytes, reason: str) -> None:
    (folder / ".env").write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason):
        variables()


def test_a_folder_is_no_file(folder: Path) -> None:
    (folder / ".env").mkdir()
    with pytest.raises(ConfigurationError, match=r"^\.env cannot be read: Is a directory$"):
        variables()


def test_a_file_that_was_chosen_must_be_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(folder / "none"))
    with pytest.raises(ConfigurationError, match=r"^CHAT_ENV_FILE: there is no file .*none$"):
        variables()


def test_an_editor_may_write_the_file_in_its_own_way(folder: Path) -> None:
    (folder / ".env").write_bytes("\ufeffHARD=one\r\nSECOND=two\r\n".encode())
    assert (variables()["HARD"], variables()["SECOND"]) == ("one", "two")
