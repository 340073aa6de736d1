"""docker-compose.yml, as far as it can be judged without a Docker engine."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
from pydantic import SecretStr
from ruamel.yaml import YAML

from bridge.kafka.connection.properties import chosen_properties
from chat_tasks.errors import ConfigurationError
from chat_tasks.setting_variables import read_values
from chat_tasks.settings import Settings
from stack.servers.cassandra import CassandraSettings
from tests.deployment.conftest import Service

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
BROKERS = {"kafka-1": 1, "kafka-2": 2, "kafka-3": 3}
OURS = {"init", "ingest", "dispatch", "worker", "flower", "console"}
SETTINGS = {f"CHAT_{name.upper()}" for name in Settings.model_fields}


def command_of(service: Service) -> str:
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


def test_every_lasting_service_has_a_health_check(services: dict[str, Service]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"init"}


CASSANDRA = {"cassandra", "cassandra-node"}


def test_no_service_has_rights_that_it_does_not_need(services: dict[str, Service]) -> None:
    for service in services.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert {name for name, service in services.items() if "cap_add" in service} == CASSANDRA
    assert {name for name, service in services.items() if not service.get("read_only")} == CASSANDRA
    assert services["redis"]["user"] == "redis"


def test_every_service_has_a_bound_of_its_memory_that_its_heap_fits_into(services: dict[str, Service]) -> None:
    bounds = {
        name: pydantic.TypeAdapter(pydantic.ByteSize).validate_python(
            one["mem_limit"].replace("g", "GiB").replace("m", "MiB")
        )
        for name, one in services.items()
    }
    heap = 2**30
    assert all(bounds[name] > heap for name in (*BROKERS, *CASSANDRA))
    # "Memory" of operations: what a gzip batch may unpack to.
    largest_batch = 2_060 * Settings.model_fields["max_record_bytes"].default
    assert all(bounds[name] > largest_batch for name in ("ingest", "dispatch"))


def test_what_kafka_unpacks_to_run_can_be_run(services: dict[str, Service]) -> None:
    for name in BROKERS:
        assert "/tmp:mode=1777,exec" in services[name]["tmpfs"]


def test_no_image_is_only_named_by_its_major_version(services: dict[str, Service]) -> None:
    found = {service["image"] for name, service in services.items() if name not in OURS}
    assert all(re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(@sha256:[0-9a-f]{64})?", image) for image in found)
    [redis] = [image for image in found if image.startswith("redis:")]
    # The first 7.4 that has the fixes of CVE-2024-31228 and CVE-2025-49844.
    assert tuple(map(int, redis.removeprefix("redis:").partition("@")[0].split("."))) >= (7, 4, 6)


def test_everything_waits_for_what_it_needs(services: dict[str, Service]) -> None:
    for service in services.values():
        assert services.keys() >= service.get("depends_on", {}).keys()
    needed = {*BROKERS, "cassandra", "cassandra-node", "redis"}
    assert services["init"]["depends_on"] == {name: {"condition": "service_healthy"} for name in needed}
    for name in OURS - {"init"}:
        assert services[name]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}


def test_what_is_published_is_published_on_this_machine_only(services: dict[str, Service]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.rpartition(":")[0] for port in ports}) == len(ports) > 0


def test_a_pipeline_outside_of_docker_finds_the_servers_at_its_default_addresses(services: dict[str, Service]) -> None:
    published = {
        name: service["ports"][0].rpartition(":")[0] for name, service in services.items() if "ports" in service
    }
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert published["kafka-1"] == defaults["kafka_bootstrap_servers"]
    assert published["cassandra"] == f"{defaults['cassandra_contact_points'][0]}:{defaults['cassandra_port']}"
    assert defaults["redis_url"].get_secret_value() == f"redis://{published['redis']}/0"
    for name in BROKERS:
        listeners = services[name]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
        assert listeners == [f"INTERNAL://{name}:9092", f"HOST://{published[name]}"]


def test_the_data_is_in_volumes_that_are_declared(compose: dict[str, Any], services: dict[str, Service]) -> None:
    # Those of a profile show what the others do, and keep nothing.
    lasting = {name: service for name, service in services.items() if "profiles" not in service}
    volumes = {name: service["volumes"] for name, service in lasting.items() if "volumes" in service}
    assert volumes.keys() == {*BROKERS, "cassandra", "cassandra-node"} == compose["volumes"].keys()
    for name, mounted in volumes.items():
        folder = services[name]["environment"].get("KAFKA_LOG_DIRS", "/var/lib/cassandra")
        assert mounted == [f"{name}:{folder}"]


def test_the_brokers_differ_only_in_who_they_are(services: dict[str, Service]) -> None:
    brokers = {name: dict(services[name]["environment"]) for name in BROKERS}
    for name, broker in brokers.items():
        assert broker.pop("KAFKA_NODE_ID") == BROKERS[name]
        assert broker.pop("KAFKA_ADVERTISED_LISTENERS")
        assert f"{BROKERS[name]}@{name}:9093" in broker["KAFKA_CONTROLLER_QUORUM_VOTERS"].split(",")
    assert brokers["kafka-1"] == brokers["kafka-2"] == brokers["kafka-3"]


def test_cassandra_takes_the_batches_of_the_local_stack(services: dict[str, Service]) -> None:
    raised = str(CassandraSettings(Path()).yaml()["thresholds"])
    assert raised
    for name in ("cassandra", "cassandra-node"):
        script = services[name]["entrypoint"][-1]
        assert re.findall(r"/\^(\w+):\.\*/(\w+: \w+)/", script) == [
            (line.partition(":")[0], line) for line in raised.splitlines()
        ]


def test_cassandra_has_the_memtable_of_the_local_stack(services: dict[str, Service]) -> None:
    chosen = "      inherits: trie\n"
    assert (ROOT / "stack" / "servers" / "configuration" / "cassandra.yaml").read_text().count(chosen) == 1
    for name in ("cassandra", "cassandra-node"):
        assert "-e 's/inherits: skiplist$$/inherits: trie/'" in services[name]["entrypoint"][-1]


def test_the_settings_it_gives_are_settings(services: dict[str, Service]) -> None:
    for name in OURS:
        given = services[name]["environment"]
        assert given.keys() <= SETTINGS
        values = {key.removeprefix("CHAT_").lower(): value for key, value in given.items()}
        assert values.pop("cassandra_replication_factor") == "${CHAT_CASSANDRA_REPLICATION_FACTOR:-1}"
        settings = Settings(**values)
        brokers = [address.partition(":")[0] for address in settings.kafka_bootstrap_servers.split(",")]
        assert {*brokers, *settings.cassandra_contact_points, "redis"} <= services.keys()
        assert (settings.topic_replication_factor, settings.topic_min_insync_replicas) == (len(BROKERS), 2)


def test_the_variables_that_are_named_anywhere_exist() -> None:
    for path in (COMPOSE, ROOT / "Procfile", ROOT / "README.md", ROOT / ".env.example"):
        named = set(re.findall(r"CHAT_[A-Z_]*[A-Z]", path.read_text()))
        read = [read_values({name: os.devnull}, Settings.model_fields) for name in named]
        assert not [reason for one in read for reason in one.reasons], path
        for one in read:
            # Values differ from property to property; the names are what can be wrong here.
            names = dict.fromkeys(one.kafka_properties, SecretStr("none"))
            assert "has no property" not in _complaint(Settings(kafka_properties=names)), path


def _complaint(settings: Settings) -> str:
    try:
        chosen_properties(settings)
    except ConfigurationError as error:
        return str(error)
    return ""


def test_it_runs_what_the_procfile_runs(services: dict[str, Service]) -> None:
    supervisor = "exec python3 -m chat_tasks.worker.flower "
    for name, command in procfile():
        mine = command_of(services[name])
        if name == "flower":
            assert command.startswith(supervisor)
            mine = mine.replace("--address=0.0.0.0", "--address=127.0.0.1")
            mine = mine.replace("--port=5555", '--port="${CHAT_FLOWER_PORT:-15555}"')
        assert mine.removeprefix("exec ") == command.removeprefix("exec ").replace("$HONCHO_PROCESS_NAME@", "worker@")


def test_prometheus_asks_the_services_that_show_metrics(services: dict[str, Service]) -> None:
    configuration = YAML(typ="safe").load(ROOT / "deploy" / "observability" / "prometheus.yml")
    [job, of_console] = configuration["scrape_configs"]
    [target] = job["dns_sd_configs"]
    assert set(target["names"]) == OURS - {"init", "flower", "console"}
    for name in target["names"]:
        environment = services[name]["environment"]
        assert (environment["CHAT_HTTP_HOST"], environment["CHAT_HTTP_PORT"]) == ("0.0.0.0", target["port"])
    [[name, port]] = [one.split(":") for found in of_console["static_configs"] for one in found["targets"]]
    assert name in services["console"]["environment"]["CHAT_CONSOLE_NAMES"].split(",")
    assert services["console"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_what_a_profile_mounts_is_there(services: dict[str, Service]) -> None:
    mounted = [volume for service in services.values() if "profiles" in service for volume in service["volumes"]]
    assert len(mounted) == 5
    for volume in mounted:
        assert (ROOT / volume.partition(":")[0]).is_file()
