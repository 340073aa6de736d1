"""A pipeline whose processes are kept running."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stack.pipeline.kept import KeptPipeline
from stack.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path


def test_honcho_reaches_a_process_only_through_its_keeper(tmp_path: Path) -> None:
    """honcho tells the keeper's whole group to end. A process in that group would be told twice, and not drain."""
    procfile = tmp_path / "Procfile"
    procfile.write_text("ingest: exec sleep 1000\n")
    pipeline = KeptPipeline(tmp_path / "pipeline", {}, procfile=procfile)
    pipeline.start()
    try:
        assert wait_until(lambda: "ingest" in pipeline.processes(), 60)
        pid = pipeline.processes()["ingest"].pid
        assert os.getpgid(pid) == pid
    finally:
        pipeline.stop()
    assert pipeline.processes() == {}
