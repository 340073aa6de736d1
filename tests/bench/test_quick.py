"""`python -m bench --quick`, as CI runs it: every contestant that needs no installation, and every kind of figure."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from bench.contestants.roster import CONTESTANTS
from bench.measure.competition import CLOSED, NAMES
from stack.home import PROJECT_ROOT, jars_folder

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(3600)]


# The other one wants an environment of its own.
RUN = set(NAMES) - {"quix-streams"}


def test_it_runs_and_produces_its_figures(tmp_path: Path) -> None:
    (tmp_path / "jars").symlink_to(jars_folder())
    result = subprocess.run(
        (sys.executable, "-m", "bench", "--quick", "--contestants", ",".join(sorted(RUN))),
        cwd=PROJECT_ROOT,
        env={**os.environ, "CHAT_STACK_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr

    [path] = tmp_path.glob("bench/*/results.json")
    results = orjson.loads(path.read_bytes())
    throughput = {run["contestant"]: run for run in results["throughput"]}
    assert throughput.keys() == RUN
    for run in throughput.values():
        assert run["rate"] > 0
        assert run["usage"]["processor_seconds"].keys() > {"kafka", "cassandra", "redis"}
        assert run["usage"]["largest_memory"].keys() == run["usage"]["processor_seconds"].keys()
    for name in ("chat-tasks", CLOSED):
        assert {"ingest", "dispatch", "worker"} < throughput[name]["usage"]["processor_seconds"].keys()
    assert {(run["contestant"], run["rate"]) for run in results["latency"]} == {
        (name, rate) for name in CONTESTANTS.keys() - {"quix-streams"} for rate in (0, 100)
    }
    # On a machine that others keep busy, a contestant may fall behind a rate: then it has no figures.
    told = [latency["milliseconds"] for latency in results["latency"] if latency["milliseconds"] is not None]
    assert len(told) >= len(results["latency"]) / 2
    assert all(0 < one["p50"] <= one["highest"] for one in told)
    assert [(step["load"], step["messages"]) for step in results["growth"]] == [("one", 1_000), ("one", 2_000)]
    assert all(step["redis_bytes"] > 0 for step in results["growth"])
    assert [step["processes"] for step in results["scaling"]] == [1, 2, 4, 1]
    assert all(step["rate"] > 0 for step in results["scaling"])
    assert {"commit", "processors", "python"} <= results["machine"].keys()
    assert results["conditions"] == {
        "seconds": 1.0,
        "workers": 2,
        "profile": "fast_start",
        "commitlog_sync": "periodic",
        "raised_batch_thresholds": True,
        "nodes": 1,
    }
    assert {picture.name for picture in tmp_path.glob("bench/*/*.png")} == {
        "throughput.png",
        "processor-time.png",
        "latency.png",
    }
    assert not list(tmp_path.glob("bench/*/servers*"))
    assert "2,000 conversations" in result.stdout
    assert "latency" in result.stdout
