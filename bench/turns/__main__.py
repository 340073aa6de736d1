"""`python -m bench.turns`: variants of a policy in one running pipeline, and where a message's time goes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from statistics import fmean

import click
from rich.console import Console
from rich.table import Table

from bench.conditions.conditions import Conditions
from bench.errors import BenchError
from bench.measure.latency import IDLE
from bench.measure.percentiles import Percentiles
from bench.measure.warm_up import warm_the_servers
from bench.turns.hops import HOPS
from bench.turns.measure import Turns, measure_turns
from bench.turns.variants import VARIANTS
from stack.errors import StackError
from stack.home import home_folder
from stack.isolation import ignore_settings
from stack.servers.one_of_each import Servers

_WARM_UP_SECONDS = 5.0


@click.command()
@click.argument("variants", nargs=-1, type=click.Choice(list(VARIANTS)))
@click.option("--rates", default="0,100,500,1000", show_default=True, help="Messages a second; 0 for single ones.")
@click.option("--seconds", type=click.FloatRange(1), default=40, show_default=True, help="At each rate.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True)
@click.option("--cold", is_flag=True, help="Do not wait until the servers are warm.")
def main(*, variants: tuple[str, ...], rates: str, seconds: float, workers: int, cold: bool) -> None:
    """Let VARIANTS take turns of two seconds, and print each one's latency and budget; by default the product's own."""
    ignore_settings()
    folder = home_folder() / "bench" / f"turns-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    servers = Servers.on_free_ports(folder / "servers", profile="steady")
    conditions = Conditions(servers, folder / "runs", seconds, workers)
    try:
        with servers:
            if not cold:
                warm_the_servers(replace(conditions, seconds=_WARM_UP_SECONDS), steadily=True)
            measured = list(measure_turns(variants or ("now",), [int(rate) for rate in rates.split(",")], conditions))
    except (BenchError, StackError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        shutil.rmtree(folder / "servers", ignore_errors=True)
    console = Console(width=140)
    for rate in dict.fromkeys(one.rate for one in measured):
        console.print(_table(rate, [one for one in measured if one.rate == rate]))


def _table(rate: int, measured: Sequence[Turns]) -> Table:
    """A column a variant: percentiles of the latency, and the mean of each hop."""
    table = Table(title="single messages" if rate == IDLE else f"{rate:,} messages/s", title_justify="left")
    table.add_column("ms")
    for one in measured:
        table.add_column(one.variant, justify="right")
    table.add_row("messages", *(f"{len(one.milliseconds):,}" for one in measured))
    percentiles = [Percentiles.of(one.milliseconds) for one in measured]
    for name in ("p50", "p90", "p99"):
        values = [getattr(one, name) for one in percentiles]
        table.add_row(name, *("too few" if value is None else f"{value:.1f}" for value in values))
    table.add_section()
    for hop, title in HOPS.items():
        table.add_row(title, *(f"{fmean(one.hops[hop]):.1f}" if one.hops[hop] else "" for one in measured))
    table.add_row(
        "in all, mean", *(f"{sum(fmean(took) for took in one.hops.values() if took):.1f}" for one in measured)
    )
    return table


if __name__ == "__main__":
    main(prog_name="python -m bench.turns")
