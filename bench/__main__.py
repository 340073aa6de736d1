"""`python -m bench`: this pipeline against what people would build instead, on servers of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, get_args

import click
from rich.console import Console

from bench.conditions.conditions import Conditions
from bench.conditions.loads import LOADS
from bench.errors import BenchError
from bench.measure.competition import CLOSED, INSTALLED, compete_in_latency, compete_in_throughput
from bench.measure.growth import measure_growth
from bench.measure.scaling import measure_scaling
from bench.measure.warm_up import warm_up
from bench.report.machine import describe_machine
from bench.report.plots import draw_latency, draw_processor_time, draw_throughput
from bench.report.results import Results
from bench.report.table import growth_table, latency_table, scaling_table, throughput_table, usage_table
from chat_tasks.garbage import search_rarely
from stack.errors import StackError
from stack.home import home_folder
from stack.isolation import ignore_settings
from stack.servers.cassandra import CommitlogSync
from stack.servers.cluster import Cluster
from stack.servers.one_of_each import Servers
from stack.servers.profiles import Profile
from stack.servers.secured import SecuredServers

_PROCESSES = (1, 2, 4, 1)
"""The last repeats the first: their difference shows what the time that passed has changed."""


def _names(known: Collection[str]) -> Callable[..., list[str]]:
    def parse(_context: click.Context, _option: click.Parameter, value: str) -> list[str]:
        names = [name for name in value.split(",") if name]
        for name in names:
            if name not in known:
                raise click.BadParameter(f"{name!r} is none of {', '.join(known)}")
        return names

    return parse


def _rates(_context: click.Context, _option: click.Parameter, value: str) -> list[int]:
    try:
        return [int(rate) for rate in value.split(",") if rate]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option(
    "--contestants",
    callback=_names(INSTALLED),
    default=",".join(name for name in INSTALLED if name != CLOSED),
    show_default=True,
    help=f"{CLOSED} runs on servers with TLS, passwords and permissions, which run beside the others.",
)
@click.option(
    "--loads",
    callback=_names(LOADS),
    default=",".join(LOADS),
    show_default=True,
    help="Backlogs to drain; '' for none of them.",
)
@click.option(
    "--rates",
    callback=_rates,
    default="100,500,1000,2000",
    show_default=True,
    help="Messages a second at which latency is measured, after that of single ones; '' for none of it.",
)
@click.option(
    "--growth",
    callback=_names(LOADS),
    default="one,new",
    show_default=True,
    help="Loads of which a million messages are sent, measured every 100,000; '' for none.",
)
@click.option(
    "--scaling",
    callback=_names(LOADS),
    default="2000",
    show_default=True,
    help="Loads at which a worker gets and loses processes while it runs; '' for none.",
)
@click.option("--repetitions", type=click.IntRange(1), default=3, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=15, show_default=True, help="Of each run, roughly.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes of each contestant.")
@click.option(
    "--commitlog-sync",
    type=click.Choice(get_args(CommitlogSync)),
    default="periodic",
    show_default=True,
    help="Of Cassandra; 'group': it acknowledges a write when that is on the disk, and a kill makes it forget nothing.",
)
@click.option(
    "--default-batch-thresholds",
    is_flag=True,
    help="Cassandra's own thresholds for batches, 5 KiB and 10 partitions, in place of 256 KiB and 200.",
)
@click.option(
    "--nodes", type=click.Choice(["1", "3"]), default="1", show_default=True, help="Of Kafka, and as many of Cassandra."
)
@click.option("--quick", is_flag=True, help="Little of everything in two minutes: shows that it works, not how fast.")
def main(
    *,
    contestants: list[str],
    loads: list[str],
    rates: list[int],
    growth: list[str],
    scaling: list[str],
    repetitions: int,
    seconds: float,
    workers: int,
    commitlog_sync: CommitlogSync,
    default_batch_thresholds: bool,
    nodes: str,
    quick: bool,
) -> None:
    """Measure, show tables, and keep everything as JSON and as pictures in .stack/bench."""
    ignore_settings()
    if quick:
        loads, rates, growth, repetitions, seconds = ["2000"], [100], ["one"], 1, 1.0
        scaling = ["2000"]
    # Hundreds of thousands of outputs are kept to be looked at, and nothing of the measuring may take the processor.
    search_rarely()
    total, steps = (2_000, 2) if quick else (1_000_000, 10)
    console = Console()
    folder = home_folder() / "bench" / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    profile: Profile = "fast_start" if quick else "steady"
    if nodes == "3" and (default_batch_thresholds or commitlog_sync != "periodic" or CLOSED in contestants):
        raise click.UsageError("--nodes 3 has neither other thresholds, nor another commitlog_sync, nor closed servers")
    chosen: _Chosen = {
        "profile": profile,
        "commitlog_sync": commitlog_sync,
        "raised_batch_thresholds": not default_batch_thresholds,
    }
    servers: Servers | Cluster = (
        Cluster.for_tests(folder / "servers", profile=profile)
        if nodes == "3"
        else Servers.on_free_ports(folder / "servers", **chosen)
    )
    closed = SecuredServers.on_free_ports(folder / "servers-closed", **chosen) if CLOSED in contestants else None
    conditions = Conditions(servers, folder / "runs", seconds, workers, closed)
    results = Results(describe_machine(), conditions.described())
    numbers = range(1, repetitions + 1)
    try:
        with servers, _open_to_its_users(closed):
            if not quick:
                warm_up(contestants, loads, rates, conditions)
                console.print("the servers are warm")
            for run in compete_in_throughput(contestants, loads, numbers, conditions):
                results.throughput.append(run)
                console.print(
                    f"{run.repetition}. {run.load}, {run.contestant}: {run.rate:,.0f} messages/s, "
                    f"others kept {run.usage.other_processors:.1f} processors busy",
                    soft_wrap=True,
                )
            if rates:
                results.latency.extend(compete_in_latency(contestants, rates, numbers, conditions))
            for load in growth:
                for step in measure_growth(LOADS[load], total, steps, conditions):
                    results.growth.append(step)
                    console.print(
                        f"{step.load}, {step.messages:,} messages: {step.rate:,.0f} messages/s", soft_wrap=True
                    )
            _scale(scaling, conditions, results, console)
    except (BenchError, StackError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        # Hours of measuring are not lost to the last minute of them.
        results.save(folder / "results.json")
        for data in ("servers", "servers-closed"):
            shutil.rmtree(folder / data, ignore_errors=True)
        _show(results, console)
        _draw(results, folder)
        console.print(f"kept in {folder}")


class _Chosen(TypedDict):
    profile: Profile
    commitlog_sync: CommitlogSync
    raised_batch_thresholds: bool


@contextmanager
def _open_to_its_users(closed: SecuredServers | None) -> Iterator[None]:
    with closed or nullcontext():
        if closed is not None:
            closed.before_init()
        yield


def _scale(loads: list[str], conditions: Conditions, results: Results, console: Console) -> None:
    for load in loads:
        for step in measure_scaling(LOADS[load], _PROCESSES, conditions):
            results.scaling.append(step)
            console.print(f"{step.load}, {step.processes} processes: {step.rate:,.0f} messages/s", soft_wrap=True)


def _show(results: Results, console: Console) -> None:
    for load in dict.fromkeys(run.load for run in results.throughput):
        console.print(throughput_table(results.throughput, load))
        console.print(usage_table(results.throughput, load))
    if results.latency:
        console.print(latency_table(results.latency))
    if results.growth:
        console.print(growth_table(results.growth))
    if results.scaling:
        console.print(scaling_table(results.scaling))


def _draw(results: Results, folder: Path) -> None:
    if results.throughput:
        draw_throughput(results.throughput, folder / "throughput.png")
        draw_processor_time(results.throughput, folder / "processor-time.png")
    if results.latency:
        draw_latency(results.latency, folder / "latency.png")


if __name__ == "__main__":
    main(prog_name="python -m bench")
