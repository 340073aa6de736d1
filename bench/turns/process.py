"""A bridge whose policies take turns and whose hops are stamped: `python -m bench.turns.process ingest`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from threading import Thread

import orjson

from bench.turns.hops import Stamps, stamp_begins, stamp_hops
from bench.turns.variants import TURN_SECONDS, VARIANTS, turn_at
from bridge.dispatch.process import run_dispatch
from bridge.ingest.process import run_ingest
from chat_tasks.settings import Settings


def _take_turns(variants: list[str], stamps: Stamps, path: Path) -> None:
    patches = [patch for name in variants for patch in VARIANTS[name]]
    originals = {(owner, name): getattr(owner, name) for owner, name, _ in patches}
    with path.open("ab") as file:
        while True:
            name, lasted = turn_at(time.time(), variants)
            for (owner, attribute), original in originals.items():
                setattr(owner, attribute, original)
            for owner, attribute, value in VARIANTS[name]:
                setattr(owner, attribute, value)
            file.writelines(orjson.dumps(stamp) + b"\n" for stamp in stamps.take())
            file.flush()
            time.sleep(TURN_SECONDS - lasted)


def main() -> None:
    """Run the bridge; stamps go to a file in the folder of this run."""
    process = sys.argv[1]
    stamps = Stamps()
    stamp_hops(stamps)
    stamp_begins(stamps, process)
    path = Path(os.environ["BENCH_FOLDER"]) / f"{process}.stamps"
    turns = (os.environ["BENCH_TURNS"].split(","), stamps, path)
    Thread(target=_take_turns, args=turns, name="turns", daemon=True).start()
    run = {"ingest": run_ingest, "dispatch": run_dispatch}[process]
    sys.exit(run(Settings()))


if __name__ == "__main__":
    main()
