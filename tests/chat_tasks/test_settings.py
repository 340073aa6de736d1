"""Settings come from the environment; a wrong one ends the process with one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.environment import FILE_VARIABLE
from chat_tasks.errors import ConfigurationError
from chat_tasks.redis_client import describe_redis_error
from chat_tasks.settings import Settings, default_instance_name


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a folder of its own, whose `.env` is read."""
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_it_works_on_the_local_stack() -> None:
    assert Settings().kafka_bootstrap_servers == "127.0.0.1:19092"


def test_a_setting_is_its_name_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_TASK_DEADLINE", "2.5")
    assert Settings().task_deadline == 2.5


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("# mine\nCHAT_QUEUES=4\nCHAT_TASK_RECORDS=5\n")
    monkeypatch.setenv("CHAT_QUEUES", "3")
    read = Settings()
    assert (read.queues, read.task_records) == (3, 5)


@pytest.mark.parametrize(
    ("value", "hosts"),
    [("one", ("one",)), ("one,two", ("one", "two")), (" one , two ", ("one", "two")), ("one,", ("one",))],
)
def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch, value: str, hosts: tuple[str, ...]) -> None:
    monkeypatch.setenv("CHAT_CASSANDRA_CONTACT_POINTS", value)
    assert Settings().cassandra_contact_points == hosts


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("CASSANDRA_PORT", "secret", "valid integer"),
        ("CASSANDRA_PORT", "70000", "less than or equal to 65535"),
        ("CASSANDRA_KEYSPACE", "Secret; DROP", "match pattern"),
        ("CASSANDRA_CONTACT_POINTS", "", "at least 1 item"),
        ("REDIS_URL", "http://user:secret@host", "it should be redis://"),
        ("REDIS_URL", "redis://user:sec#ret@host/0", "it should be redis://"),
        ("REDIS_URL", "redis://user:sec/ret@host/0", "it should be redis://"),
        ("REDIS_URL", "redis:///0", "it should be redis://"),
        ("REDIS_URL", "redis://host/secret", "it should be redis://"),
        ("REDIS_URL", "unix:///run/redis.sock", "knows no unix://"),
        ("REDIS_URL", "rediss://host?ssl_cert_reqs=none", "TLS has settings of its own"),
        ("INSTANCE_NAME", "two words", "match pattern"),
        ("TASK_KEY", "secret", "each key needs 32 characters or more"),
        ("TASK_KEY", f"{'long' * 8},secret", "each key needs 32 characters or more"),
        ("QUEUES", "0", "greater than or equal to 1"),
        ("BUCKET_SIZE", "", "valid integer"),
        ("LOCK_TTL", "0", "greater than 0"),
        ("LOCK_TTL", "nan", "finite"),
        ("TASK_DEADLINE", "inf", "finite"),
        ("SESSION_TIMEOUT", "5.5", "greater than or equal to 6"),
    ],
)
def test_a_wrong_value_gives_one_line_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"CHAT_{name}", value)
    with pytest.raises(ConfigurationError, match=f"^wrong setting: CHAT_{name}: .*{reason}[^\n]*$"):
        Settings()


@given(st.from_regex(r"[G-Zg-z]{12}", fullmatch=True))
def test_the_line_never_holds_the_value(value: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        Settings(redis_url=f"nonsense://{value}", cassandra_port=value, task_deadline=value)
    assert value not in str(wrong.value)
    assert wrong.value.__cause__ is None
    assert wrong.value.__suppress_context__


def test_all_wrong_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_QUEUES", "65")
    monkeypatch.setenv("CHAT_TASK_BYTES", "many")
    with pytest.raises(ConfigurationError, match=r"CHAT_QUEUES: .*; CHAT_TASK_BYTES: "):
        Settings()


def test_a_process_has_the_name_that_honcho_gave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONCHO_PROCESS_NAME", "dispatch.1")
    assert Settings().instance_name == "dispatch.1"


def test_a_process_without_honcho_has_a_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HONCHO_PROCESS_NAME", raising=False)
    assert default_instance_name()


def test_settings_do_not_change_under_way() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().queues = 3


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"CASSANDRA_USERNAME": "chat"}, "CHAT_CASSANDRA_USERNAME, CHAT_CASSANDRA_PASSWORD: one needs the other"),
        ({"CASSANDRA_CA_LOCATION": "none.pem"}, "CHAT_CASSANDRA_CA_LOCATION: No such file or directory"),
        ({"CASSANDRA_CA_LOCATION": "empty.pem"}, "CHAT_CASSANDRA_CA_LOCATION: NO_CERTIFICATE_OR_CRL_FOUND"),
        (
            {"CASSANDRA_CERTIFICATE_LOCATION": "a.pem", "CASSANDRA_KEY_LOCATION": "b.pem"},
            "CHAT_CASSANDRA_CA_LOCATION: it is needed",
        ),
        (
            {"REDIS_URL": "rediss://host", "REDIS_CERTIFICATE_LOCATION": "a.pem"},
            "CHAT_REDIS_CERTIFICATE_LOCATION, CHAT_REDIS_KEY_LOCATION: one needs the other",
        ),
        (
            {"REDIS_URL": "rediss://host", "REDIS_CERTIFICATE_LOCATION": "a.pem", "REDIS_KEY_LOCATION": "b.pem"},
            "CHAT_REDIS_CERTIFICATE_LOCATION, CHAT_REDIS_KEY_LOCATION: No such file or directory",
        ),
        ({"REDIS_CA_LOCATION": "empty.pem"}, "CHAT_REDIS_URL: it should begin with rediss://"),
    ],
)
def test_what_belongs_together_has_to_be_there(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reason: str
) -> None:
    Path("empty.pem").touch()
    for name, value in variables.items():
        monkeypatch.setenv(f"CHAT_{name}", value)
    with pytest.raises(ConfigurationError, match=f"^wrong setting: {reason}"):
        Settings()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_REDIS_URL", "redis://chat:secret-1@host:6379/0")
    monkeypatch.setenv("CHAT_CASSANDRA_USERNAME", "chat")
    monkeypatch.setenv("CHAT_CASSANDRA_PASSWORD", "secret-2")
    monkeypatch.setenv("CHAT_KAFKA_SASL_PASSWORD", "secret-3")
    read = Settings()
    assert read.cassandra_password.get_secret_value() == "secret-2"
    assert {name: value.get_secret_value() for name, value in read.kafka_properties.items()} == {
        "sasl.password": "secret-3"
    }
    assert not any("secret" in shown for shown in (repr(read), str(read), f"{read.redis_url}", str(read.model_dump())))
    assert "secret" not in describe_redis_error(read, OSError("away"))


def test_a_variable_that_is_no_setting_is_told_with_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_TASK_KEYS", "secret")
    monkeypatch.setenv("CHAT_QUEUES", "65")
    with pytest.raises(ConfigurationError) as wrong:
        Settings()
    assert str(wrong.value).startswith(
        "wrong setting: CHAT_TASK_KEYS: there is no such setting, but CHAT_TASK_KEY; CHAT_QUEUES: "
    )


def test_the_key_of_tasks_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().task_keys == []
    monkeypatch.setenv("CHAT_TASK_KEY", f"{'new!' * 8}, {'old!' * 8},")
    assert Settings().task_keys == [b"new!" * 8, b"old!" * 8]
    assert "new!" not in repr(Settings())
