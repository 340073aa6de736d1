"""Records the faults, and writes deploy/observability/alerts_test.yaml: `python -m tests.observability.record`.

Takes a quarter of an hour. Names of faults as arguments record these only; the others stay as they are.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import count, groupby
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from chat_tasks.settings import Settings
from chat_tasks.storage.session import connect
from stack.home import PROJECT_ROOT, home_folder
from stack.isolation import ignore_settings
from stack.servers.one_of_each import Servers
from tests.observability.expected import FIRING, expected
from tests.observability.faults import FAULTS, Scene
from tests.observability.recorder import STEP_SECONDS, Recorder
from tests.pipeline.deployment import Deployment

FOLDER = PROJECT_ROOT / "deploy" / "observability"
TESTS = FOLDER / "alerts_test.yaml"
RECORDED = home_folder() / "observability"
_HEADER = """\
# Written by `python -m tests.observability.record`: series of real pipelines, each with a fault, and which alerts fire
# before, at the end of, and after that fault. Run by `promtool test rules alerts_test.yaml`.
"""
_numbers = count(1)


def record(fault: str, servers: Servers, folder: Path) -> None:
    """Make the fault, and keep every series that was there meanwhile."""
    deployment = Deployment.on(servers, next(_numbers), folder, **FAULTS[fault].chosen)
    deployment.initialise()
    recorder = Recorder()
    session = connect(Settings(cassandra_port=servers.cassandra_port))
    scene = Scene(deployment, servers, session, recorder)
    try:
        for name in ("ingest.1", "dispatch.1", "console.1"):
            scene.start(name)
        recorder.start()
        FAULTS[fault].make(scene)
        recorder.stop()
    finally:
        list(deployment.end())
        session.cluster.shutdown()
    RECORDED.mkdir(parents=True, exist_ok=True)
    recording = {
        "began": scene.began,
        "ended": scene.ended,
        "times": recorder.times,
        "series": [[name, dict(labels), values] for (name, labels), values in sorted(recorder.series.items())],
    }
    (RECORDED / f"{fault}.json").write_text(json.dumps(recording))
    print(f"{fault}: recorded", flush=True)


def test_of(fault: str, recording: dict[str, Any]) -> dict[str, Any]:
    """The series that the alerts name, and what is expected of these when."""
    names = names_in((FOLDER / "alerts.yaml").read_text())
    step = int(STEP_SECONDS)
    last = (len(recording["times"]) - 1) * step
    return {
        "name": fault,
        "interval": f"{STEP_SECONDS:g}s",
        "input_series": [
            {"series": _written(name, labels), "values": _values(values)}
            for name, labels, values in recording["series"]
            if name in names
        ],
        "alert_rule_test": [
            {
                "eval_time": f"{at}s",
                "alertname": alert,
                "exp_alerts": [expected(alert, labels) for labels in firing if fires],
            }
            for alert, firing in FIRING[fault].items()
            for at, fires in ((recording["began"] - step, False), (recording["ended"] - step, True), (last, False))
        ],
    }


def names_in(text: str) -> set[str]:
    """The names of series in an expression."""
    return {"up"} | set(re.findall(r"chat_tasks_\w+", text))


def _written(name: str, labels: dict[str, str]) -> str:
    # The topics of a test's pipeline end with its number.
    written = ",".join(f'{label}="{re.sub(r"-[0-9]+$", "", value)}"' for label, value in labels.items())
    return f"{name}{{{written}}}"


def _values(values: list[float | None]) -> str:
    """The values as promtool writes them, runs of equal ones in short."""
    runs = ((value, len(list(same)) - 1) for value, same in groupby(values))
    return " ".join(
        ("_" if value is None else f"{value:g}")
        if not more
        else (f"_x{more + 1}" if value is None else f"{value:g}x{more}")
        for value, more in runs
    )


def write() -> None:
    """Write the tests: those of faults that were recorded here, the others as they were."""
    yaml = YAML()
    yaml.width = 1_000_000
    tests = {test["name"]: test for test in (yaml.load(TESTS.read_text())["tests"] if TESTS.exists() else ())}
    for fault in FAULTS:
        if (recorded := RECORDED / f"{fault}.json").exists():
            tests[fault] = test_of(fault, json.loads(recorded.read_text()))
    with TESTS.open("w") as file:
        file.write(_HEADER)
        document = {"rule_files": ["alerts.yaml"], "evaluation_interval": f"{STEP_SECONDS:g}s"}
        yaml.dump({**document, "tests": [tests[fault] for fault in FAULTS if fault in tests]}, file)


def main() -> None:
    """Record what the command line names, or everything."""
    ignore_settings()
    wanted = sys.argv[1:] or list(FAULTS)
    together = [fault for fault in wanted if not FAULTS[fault].alone]
    with tempfile.TemporaryDirectory() as home, Servers.for_tests(Path(home) / "servers") as servers:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda fault: record(fault, servers, Path(home)), together))
        for fault in wanted:
            if FAULTS[fault].alone:
                record(fault, servers, Path(home))
    write()


if __name__ == "__main__":
    main()
