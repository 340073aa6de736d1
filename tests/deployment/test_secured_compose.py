"""deploy/secured/compose.yaml over docker-compose.yml, as far as it can be judged without a Docker engine."""

import json
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chat_tasks.setting_variables import read_values
from chat_tasks.settings import Settings
from stack.home import PROJECT_ROOT
from stack.security.cassandra_permissions import cassandra_names
from stack.security.kafka_permissions import kafka_names
from stack.security.redis_security import redis_names
from tests.deployment.conftest import Service

FOLDER = Path(__file__).parents[2] / "deploy" / "secured"
PROCESSES = ("init", "ingest", "dispatch", "worker", "flower", "console")
RESET = "!reset"


@pytest.fixture(scope="module")
def merged(compose: dict[str, Any]) -> dict[str, Any]:
    """Both files as compose merges them, for what is in them."""
    loader = YAML(typ="safe")
    loader.constructor.add_constructor(RESET, lambda *_: RESET)
    return merge(compose, loader.load(FOLDER / "compose.yaml"))


def merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Mappings are merged, lists of volumes are joined, all else is replaced, and `!reset` deletes."""
    merged = deepcopy(under)
    for name, value in over.items():
        if value == RESET:
            del merged[name]
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = merge(merged[name], value)
        elif name == "volumes" and name in merged:
            merged[name] = [*merged[name], *value]
        else:
            merged[name] = value
    return merged


def test_it_keeps_to_the_schema(merged: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "merged.json").write_text(json.dumps(merged))
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, str(tmp_path / "merged.json")], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_each_process_comes_as_itself_with_its_own_secrets(merged: dict[str, Any]) -> None:
    for process in PROCESSES:
        service: Service = merged["services"][process]
        identity = f"chat_{process}"
        targets = {f"/run/secrets/{one['target']}" for one in service["secrets"]}
        read = read_values(service["environment"], Settings.model_fields)
        # The files are not there; all else is as it has to be.
        assert all("/run/secrets/" in reason for reason in read.reasons), read.reasons
        named = {value for value in service["environment"].values() if str(value).startswith("/run/secrets/")}
        assert named == targets
        assert ("sasl.username" in read.kafka_properties) == (identity in kafka_names())
        assert ("cassandra_username" in read.settings) == (identity in cassandra_names())
        assert ("CHAT_REDIS_URL_FILE" in service["environment"]) == (identity in redis_names())
        assert {read.kafka_properties.get("sasl.username"), read.settings.get("cassandra_username")} <= {identity, None}
        for one in service["secrets"]:
            file = merged["secrets"][one["source"]]["file"]
            assert identity in file or file.endswith("/ca.pem")


def test_permissions_come_before_those_who_need_them(merged: dict[str, Any]) -> None:
    done = {"condition": "service_completed_successfully"}
    services = merged["services"]
    assert {services["init"]["depends_on"][f"{one}-permissions"] == done for one in ("kafka", "cassandra")} == {True}
    assert services["cassandra-grants"]["depends_on"] == {"init": done}
    for process in set(PROCESSES) - {"init"}:
        assert services[process]["depends_on"]["cassandra-grants"] == done


def test_no_listener_of_kafka_is_open(merged: dict[str, Any]) -> None:
    for broker in ("kafka-1", "kafka-2", "kafka-3"):
        environment = merged["services"][broker]["environment"]
        protocols = dict(one.split(":") for one in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
        listeners = {one.partition(":")[0] for one in environment["KAFKA_LISTENERS"].split(",")}
        assert listeners == protocols.keys()
        assert set(protocols.values()) == {"SASL_SSL", "SSL"}
        for name in (name for name, protocol in protocols.items() if protocol == "SSL"):
            assert environment[f"KAFKA_LISTENER_NAME_{name}_SSL_CLIENT_AUTH"] == "required"
        assert environment["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"


def test_its_first_lines_make_every_file_that_it_names(merged: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "deploy" / "secured"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("certificates", "passwords"))
    described = [line.removeprefix("#").strip() for line in (folder / "compose.yaml").read_text().splitlines()]
    commands = described[described.index("cd deploy/secured") : described.index("cd ../..")]
    subprocess.run(("sh", "-euc", "\n".join(commands)), cwd=tmp_path, check=True)
    mounted = [volume for service in merged["services"].values() for volume in service.get("volumes", ())]
    named = [
        *(one["file"] for one in merged["secrets"].values()),
        *(volume.partition(":")[0] for volume in mounted if volume.startswith("./deploy/secured")),
    ]
    assert [path for path in named if not (tmp_path / path).exists()] == []
    inside = {
        path
        for service in merged["services"].values()
        for path in re.findall(r"/(?:certificates|secured)/[\w./-]+", json.dumps(service))
    }
    assert [
        path for path in inside if not any((root / path[1:]).exists() for root in (folder, tmp_path / "deploy"))
    ] == []


def test_kafka_gets_the_properties_that_the_local_brokers_run_with(merged: dict[str, Any]) -> None:
    template = PROJECT_ROOT / "stack" / "servers" / "configuration"
    lines = "".join((template / name).read_text() for name in ("kafka.properties", "kafka-secured.properties"))
    # The logins are filled in.
    known = {without_listener(line.partition("=")[0]) for line in lines.splitlines() if "=" in line} | {
        "scram-sha-512.sasl.jaas.config"
    }
    of_images = {"cluster.id", "node.id", "heap.opts"}
    for broker in ("kafka-1", "kafka-2", "kafka-3"):
        names = {property_of(variable) for variable in merged["services"][broker]["environment"]}
        assert {without_listener(name) for name in names} - known - of_images == set()


def property_of(variable: str) -> str:
    """The property that Kafka's image makes of a variable: `___` is a hyphen, `_` a dot."""
    return variable.removeprefix("KAFKA_").replace("___", "-").replace("_", ".").lower()


def without_listener(name: str) -> str:
    """The property, without the listener that it is for."""
    return re.sub(r"^listener\.name\.\w+\.", "", name)
