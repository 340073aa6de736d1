"""The checker is worth what it catches: each of these pipelines breaks one promise, and is caught breaking it.

`make test` has a pipeline for each kind of anomaly, `make chaos` has the others.
"""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from stack.home import PROJECT_ROOT
from stack.servers.one_of_each import Servers
from tests.chaos.checker.anomaly import Kind
from tests.chaos.faults.catalogue import EVERYWHERE
from tests.chaos.run.nemesis import Step
from tests.chaos.run.run import RATE, run
from tests.chaos.system.system import System
from tests.pipeline.deployment import Deployment

pytestmark = [pytest.mark.servers, pytest.mark.long]

PROCESSES = ("ingest.1", "dispatch.1", "dispatch.2", "worker.1", "worker.2")
PATIENCE_SECONDS = 8.0
WARM_UP_PATIENCE_SECONDS = 300.0
PATIENCE_WITH_A_KILLED_CASSANDRA = 60.0
FEW_A_SECOND = 100.0

_numbers = count(1)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with Servers.for_tests(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@pytest.mark.parametrize(
    ("variant", "faults", "expected"),
    [
        ("offsets_before_results", ["dispatch killed"] * 4, Kind.LOST),
        ("results_again_after_commit", [], Kind.DOUBLED),
        ("replays_published", ["cassandra killed"], Kind.DOUBLED),
        ("numbers_from_redis", ["redis flushed"], Kind.ROW_DIFFERS),
        ("rows_half_written", [], Kind.OUTPUT_WITHOUT_ROW),
        ("chunks_at_once", [], Kind.OUTPUT_WITHOUT_ROW),
        ("order_ignored", [], Kind.INPUT_ORDER),
        ("letters_swallowed", [], Kind.LETTER_LOST),
        ("blocks_stale", [], Kind.BLOCK_STALE),
        *(
            pytest.param(*variant, marks=pytest.mark.chaos)
            for variant in (
                ("metadata_dropped", ["dispatch killed behind a straggler"] * 2, Kind.DOUBLED),
                # Just after a sync a kill forgets nothing; the second one comes some seconds after a start, before one.
                ("window_not_replayed", ["cassandra killed"] * 3, Kind.OUTPUT_WITHOUT_ROW),
                ("zombie_publishes", ["dispatch a zombie"] * 3, Kind.DOUBLED),
                ("metadata_afresh", ["dispatch a zombie"] * 3, Kind.DOUBLED),
                ("heads_lag", ["dispatch killed"] * 2, Kind.DOUBLED),
                ("only_replica_dies", ["dispatch killed"] * 4, Kind.OUTPUT_WITHOUT_ROW),
            )
        ),
    ],
)
def test_a_broken_pipeline_is_caught(
    servers: Servers, tmp_path: Path, variant: str, faults: list[str], expected: Kind
) -> None:
    deployment = Deployment.on(servers, next(_numbers), tmp_path)
    deployment.environment = {**deployment.environment, "PYTHONPATH": str(PROJECT_ROOT)}
    deployment.launcher = (sys.executable, "-m", "tests.chaos.variants.launch", variant)
    deployment.initialise()
    system = System(deployment, {server.name: [server] for server in servers.all})
    steps = [Step((fault,), hold=500, seed=seed) for seed, fault in enumerate(faults)]
    patience, rate = PATIENCE_SECONDS, RATE
    if variant == "window_not_replayed":
        # It gets stuck nowhere, so a first kill that forgot nothing must not be the last for a slow server's sake. And
        # what is forgotten is missed only if it was published: on slow servers only few messages a second are at once.
        patience, rate = PATIENCE_WITH_A_KILLED_CASSANDRA, FEW_A_SECOND
    try:
        verdict = run(
            system,
            EVERYWHERE,
            steps,
            print,
            seed=1,
            processes=PROCESSES,
            patience=patience,
            # Some are stuck from the beginning; what only a fault makes wrong is merely slow until there is one.
            warm_up_patience=WARM_UP_PATIENCE_SECONDS if faults else patience,
            rate=rate,
        )
    finally:
        for process in deployment.processes:
            if process.runs:
                process.kill()
    assert expected in {anomaly.kind for anomaly in verdict.anomalies}
