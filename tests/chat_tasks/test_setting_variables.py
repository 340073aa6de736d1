"""Variables become values of settings and properties of Kafka's client, and what nothing reads is told."""

from pathlib import Path

import pytest

from chat_tasks.environment import FILE_VARIABLE
from chat_tasks.setting_variables import kafka_variable, read_values

SETTINGS = ("kafka_bootstrap_servers", "redis_url", "cassandra_password", "task_key", "queues")


def test_all_else_that_begins_like_kafkas_is_a_property_of_its_client() -> None:
    read = read_values({"CHAT_KAFKA_BOOTSTRAP_SERVERS": "one:1", "CHAT_KAFKA_SASL_USERNAME": "chat"}, SETTINGS)
    assert read == ({"kafka_bootstrap_servers": "one:1"}, {"sasl.username": "chat"}, [])
    assert kafka_variable("sasl.username") == "CHAT_KAFKA_SASL_USERNAME"


@pytest.mark.parametrize(
    ("variable", "settings", "properties"),
    [
        ("CHAT_REDIS_URL_FILE", {"redis_url": "secret"}, {}),
        ("CHAT_CASSANDRA_PASSWORD_FILE", {"cassandra_password": "secret"}, {}),
        ("CHAT_TASK_KEY_FILE", {"task_key": "secret"}, {}),
        ("CHAT_KAFKA_SASL_PASSWORD_FILE", {}, {"sasl.password": "secret"}),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_may_stand_in_a_file(
    tmp_path: Path, variable: str, settings: dict[str, str], properties: dict[str, str], end: str
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(f"secret{end}".encode())
    assert read_values({variable: str(file)}, SETTINGS) == (settings, properties, [])


def test_a_property_whose_name_ends_like_a_file_is_a_property() -> None:
    variable = "CHAT_KAFKA_SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_FILE"
    assert read_values({variable: "key.pem"}, SETTINGS).kafka_properties == {
        "sasl.oauthbearer.assertion.private.key.file": "key.pem"
    }


def test_a_secret_has_one_place(tmp_path: Path) -> None:
    variables = {"CHAT_TASK_KEY": "one", "CHAT_TASK_KEY_FILE": str(tmp_path)}
    assert read_values(variables, SETTINGS).reasons == ["CHAT_TASK_KEY_FILE: CHAT_TASK_KEY is set too"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff")
    variables = {"CHAT_REDIS_URL_FILE": str(tmp_path), "CHAT_TASK_KEY_FILE": str(binary)}
    assert read_values(variables, SETTINGS).reasons == [
        f"CHAT_REDIS_URL_FILE: {tmp_path} cannot be read: Is a directory",
        f"CHAT_TASK_KEY_FILE: {binary} is not UTF-8",
    ]


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("CHAT_QUEUE", "there is no such setting, but CHAT_QUEUES"),
        ("CHAT_QUEUES_FILE", "there is no such setting, but CHAT_QUEUES"),
        ("CHAT_KAFKA_BOOTSTRAP_SERVERS_FILE", "there is no such setting, but CHAT_KAFKA_BOOTSTRAP_SERVERS"),
        ("CHAT_SOMETHING_ELSE", "there is no such setting"),
    ],
)
def test_what_nothing_reads_is_told(variable: str, reason: str) -> None:
    assert read_values({variable: "secret"}, SETTINGS) == ({}, {}, [f"{variable}: {reason}"])


def test_what_is_read_elsewhere_and_what_has_another_prefix_is_nobodys_error() -> None:
    variables = dict.fromkeys(("CHAT_FLOWER_PORT", "CHAT_STACK_HOME", FILE_VARIABLE, "PATH", "chat_queue"), "1")
    assert read_values(variables, SETTINGS) == ({}, {}, [])
