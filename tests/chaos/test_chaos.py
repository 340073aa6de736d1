"""Some forty faults of all kinds under load: nothing lost, nothing doubled, everything in order."""

import os
from itertools import islice
from pathlib import Path

import pytest

from tests.chaos.faults.catalogue import ON_ONE_NODE
from tests.chaos.run.nemesis import plan
from tests.chaos.run.resumption import recovery_table
from tests.chaos.run.run import run
from tests.chaos.system.system import single
from tests.pipeline.conversation import PATIENCE_SECONDS

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(3600)]


def test_every_fault_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED", "1"))
    steps = list(islice(plan(sorted(ON_ONE_NODE), seed), len(ON_ONE_NODE)))
    with single(tmp_path) as system:
        verdict = run(system, ON_ONE_NODE, steps, print, seed=seed, patience=PATIENCE_SECONDS)
    print(*recovery_table(verdict.recoveries, verdict.resumed), sep="\n")
    assert verdict.stuck is None
    assert verdict.anomalies == []
    assert verdict.dead == []
    assert len(verdict.history.faults) >= 25
    print(f"{verdict.messages} messages at {verdict.rate:.0f}/s")
