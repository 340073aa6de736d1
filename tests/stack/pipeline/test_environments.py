"""Each process of a pipeline may have variables of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from stack.pipeline.kept import KeptPipeline
from stack.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

INIT = (sys.executable, "-c", "import os; print(os.environ['WHO'])")


def test_init_and_each_process_have_their_own(tmp_path: Path) -> None:
    procfile = tmp_path / "Procfile"
    procfile.write_text('ingest: echo "this is $WHO"; exec sleep 1000\nworker: echo "that is $WHO"; exec sleep 1000\n')
    pipeline = KeptPipeline(
        tmp_path / "pipeline",
        {"WHO": "anybody"},
        procfile=procfile,
        init=INIT,
        environments={"init": {"WHO": "init"}, "ingest": {"WHO": "the one that's first"}},
    )
    assert pipeline.initialise() == "init"
    try:
        pipeline.start()
        expected = ("this is the one that's first", "that is anybody")
        assert wait_until(lambda: all(line in pipeline.log_path.read_text() for line in expected), 60)
    finally:
        pipeline.stop()
