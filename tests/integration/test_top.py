"""What `top` shows, with every bridge dead and with a server away."""

from typing import Any

import orjson
import pytest

from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.integration.test_commands import chat_tasks
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment
from tests.pipeline.probes import probe

pytestmark = pytest.mark.servers


def shown(deployment: Deployment, **environment: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The document of `top`, and its stations by name."""
    ended = chat_tasks(deployment, "top", "--json", **environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    document = orjson.loads(ended.stdout)
    return document, {one["name"]: one for one in document["stations"]}


def figures(station: dict[str, Any]) -> dict[str, float | None]:
    return {one["label"]: one["value"] for one in station["figures"]}


def test_it_shows_each_station_and_what_is_dead(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    ports = {name: free_port() for name in ("ingest.1", "dispatch.1", "worker.1")}
    bridges_and_worker = [
        process for name, port in ports.items() for process in deployment.start(name, CHAT_HTTP_PORT=str(port))
    ]
    places = {"CHAT_PROCESSES": ",".join(f"127.0.0.1:{port}" for port in ports.values())}
    messages = some_messages(30, 5)
    send(settings, messages)
    read_outputs(settings, messages)
    assert wait_until(lambda: all(probe(port, "/readyz").status == 200 for port in ports.values()), PATIENCE_SECONDS)
    document, stations = shown(deployment, **places)
    assert document["headline"] == "Everything flows"
    assert list(stations) == ["in", "ingest", "log", "dispatch", "queues", "workers", "rows", "out"]
    assert {one["light"]["state"] for one in stations.values()} == {"flows"}
    assert figures(stations["in"])["waits"] == figures(stations["log"])["waits"] == 0
    assert figures(stations["queues"]) == {"tasks": 0, "oldest": None, "served": settings.queues}
    assert stations["out"]["rate"] is not None

    *bridges, worker = bridges_and_worker
    for bridge in bridges:
        bridge.kill()
    send(settings, messages)
    away = {"CHAT_CASSANDRA_PORT": str(free_port())}
    document, stations = shown(deployment, **places, **away)
    assert (document["state"], document["headline"]) == ("dead", "Cassandra does not answer")
    assert figures(stations["in"])["waits"] == 30
    assert (figures(stations["in"])["oldest"] or 0) > 0
    assert stations["ingest"]["light"]["words"] == "no ingest answers"
    # The workers say themselves which queues they serve.
    assert figures(stations["queues"])["served"] == settings.queues
    worker.kill()

    table = chat_tasks(deployment, "top", "--once", **places).stdout
    assert table.splitlines()[0].startswith("No dispatch answers")
    assert all(name in table for name in ("station", "Way in", "● dead", "waits 30", "Workers: no worker answers"))
