"""docker-compose.yml, as far as it can be judged without a Docker engine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chat_tasks.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
OURS = {"init", "ingest", "dispatch", "worker", "flower"}
PROCFILE_VARIABLES = {"CHAT_WORKER_CONCURRENCY", "CHAT_WORKER_LOG_LEVEL", "CHAT_FLOWER_PORT"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services, anchors and merges resolved."""
    found: dict[str, dict[str, Any]] = YAML(typ="safe").load(COMPOSE)["services"]
    return found


def command_of(service: dict[str, Any]) -> str:
    """In one line; compose's `$$` is the shell's `$`."""
    return " ".join(service["command"]).replace("$$", "$").removeprefix("sh -c ")


def procfile() -> Iterator[tuple[str, str]]:
    """Each process and its command."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(": ")
        yield name, command


def test_it_keeps_to_the_schema() -> None:
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, str(COMPOSE)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_every_lasting_service_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"init"}


def test_everything_waits_for_what_it_needs(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        assert services.keys() >= service.get("depends_on", {}).keys()
    needed = {"kafka-1", "kafka-2", "kafka-3", "cassandra", "redis"}
    assert services["init"]["depends_on"] == {name: {"condition": "service_healthy"} for name in needed}
    for name in OURS - {"init"}:
        assert services[name]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}


def test_what_is_published_is_published_on_this_machine_only(services: dict[str, dict[str, Any]]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_volumes_are_declared(services: dict[str, dict[str, Any]]) -> None:
    declared = YAML(typ="safe").load(COMPOSE)["volumes"].keys()
    assert {volume.partition(":")[0] for one in services.values() for volume in one.get("volumes", ())} == declared


def test_the_brokers_differ_only_in_who_they_are(services: dict[str, dict[str, Any]]) -> None:
    brokers = [dict(services[f"kafka-{number}"]["environment"]) for number in (1, 2, 3)]
    for number, broker in enumerate(brokers, start=1):
        assert broker.pop("KAFKA_NODE_ID") == number
        assert broker.pop("KAFKA_ADVERTISED_LISTENERS") == f"PLAINTEXT://kafka-{number}:9092"
        assert f"{number}@kafka-{number}:9093" in broker["KAFKA_CONTROLLER_QUORUM_VOTERS"]
    assert brokers[0] == brokers[1] == brokers[2]


def test_the_settings_it_gives_are_settings(services: dict[str, dict[str, Any]]) -> None:
    known = {f"CHAT_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        given = services[name]["environment"]
        assert given.keys() <= known
        values = {key.removeprefix("CHAT_").lower(): value for key, value in given.items()}
        values["cassandra_replication_factor"] = "1"
        assert Settings(**values).topic_min_insync_replicas == 2


def test_the_variables_that_are_named_anywhere_exist() -> None:
    known = {f"CHAT_{name.upper()}" for name in Settings.model_fields} | PROCFILE_VARIABLES
    for path in (COMPOSE, ROOT / "Procfile", ROOT / "README.md", ROOT / ".env.example"):
        assert set(re.findall(r"CHAT_[A-Z_]*[A-Z]", path.read_text())) <= known, path


def test_it_runs_what_the_procfile_runs(services: dict[str, dict[str, Any]]) -> None:
    for name, command in procfile():
        mine = command_of(services[name])
        if name == "flower":
            mine = mine.replace("--address=0.0.0.0", "--address=127.0.0.1")
            mine = mine.replace("--port=5555", '--port="${CHAT_FLOWER_PORT:-15555}"')
        assert mine.removeprefix("exec ") == command.removeprefix("exec ").replace("$HONCHO_PROCESS_NAME@", "worker@")
