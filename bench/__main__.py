"""`python -m bench`: this pipeline against what people would build instead, on servers of their own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from rich.console import Console

from bench.contestants import CONTESTANTS
from bench.errors import BenchError
from bench.loads import LOADS
from bench.machine import describe_machine
from bench.table import throughput_table, usage_table
from bench.throughput import Throughput, measure_throughput
from stack.errors import StackError
from stack.home import home_folder
from stack.servers import Servers


class _Names(click.ParamType[list[str]]):
    """Some of the known names, with commas between them."""

    name = "names"

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = known

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """Fails with the known ones where one is unknown."""
        names = str(value).split(",")
        for name in names:
            if name not in self._known:
                self.fail(f"{name!r} is none of {', '.join(self._known)}", param, ctx)
        return names


@click.command()
@click.option("--quick", is_flag=True, help="Small and short: shows that it works, not how fast.")
@click.option("--contestants", type=_Names(CONTESTANTS), default=",".join(CONTESTANTS), show_default=True)
@click.option("--loads", type=_Names(LOADS), default=",".join(LOADS), show_default=True)
@click.option("--repetitions", type=click.IntRange(1), default=3, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=15, show_default=True, help="Of each run, roughly.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes of each contestant.")
def main(
    *, quick: bool, contestants: list[str], loads: list[str], repetitions: int, seconds: float, workers: int
) -> None:
    """Measure, show tables, and keep everything as JSON in .stack/bench."""
    console = Console()
    folder = home_folder() / "bench"
    shutil.rmtree(folder / "servers", ignore_errors=True)
    runs: list[Throughput] = []
    machine = describe_machine()
    servers = Servers.on_free_ports(folder / "servers", profile="fast_start" if quick else "steady")
    try:
        with servers:
            for repetition in range(1, repetitions + 1):
                for load in loads:
                    # Side by side in each repetition: what else the machine does meets all of them.
                    for name in contestants:
                        run = measure_throughput(
                            CONTESTANTS[name],
                            LOADS[load],
                            servers,
                            folder / "runs" / f"{load}-{name}-{repetition}",
                            repetition=repetition,
                            seconds=seconds,
                            workers=workers,
                        )
                        console.print(f"{repetition}. {load}, {name}: {run.rate:,.0f} messages/s", highlight=False)
                        runs.append(run)
    except (BenchError, StackError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        if runs:
            _save(folder, machine, runs)
    for load in loads:
        console.print(throughput_table(runs, load))
        console.print(usage_table(runs, load))


def _save(folder: Path, machine: Mapping[str, object], runs: Sequence[Throughput]) -> None:
    results = {
        "command": ["python", "-m", "bench", *sys.argv[1:]],
        "machine": machine,
        "throughput": [{**asdict(run), "rate": run.rate} for run in runs],
    }
    path = folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.json"
    path.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main(prog_name="python -m bench")
