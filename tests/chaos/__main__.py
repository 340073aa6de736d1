"""`make chaos`: faults on a cluster for as long as asked; leaves a history, the recovery times and a report."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from stack.isolation import ignore_settings
from tests.chaos.faults.catalogue import ON_A_CLUSTER, ON_ONE_NODE, ONE_NODE_DOWN
from tests.chaos.run.nemesis import Step, plan
from tests.chaos.run.resumption import recovery_table
from tests.chaos.run.run import RATE, Verdict, run
from tests.chaos.system.small_disk import remove_with_disks
from tests.chaos.system.system import cluster, single


@click.command()
@click.option("--minutes", default=10.0, show_default=True, envvar="CHAOS_MINUTES")
@click.option("--seed", default=1, show_default=True, envvar="CHAOS_SEED", help="The same seed, the same faults.")
@click.option("--one-node", is_flag=True, help="One server of each kind behind proxies, instead of a cluster.")
@click.option("--only", multiple=True, metavar="FAULT", help="This one again and again, alone; may be repeated.")
@click.option("--rate", default=RATE, show_default=True, help="Messages a second.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(".stack/chaos"), show_default=True)
def main(minutes: float, seed: int, only: tuple[str, ...], rate: float, folder: Path, *, one_node: bool) -> None:
    """Exit code 0 only where every promise held."""
    ignore_settings()
    injections = ON_ONE_NODE if one_node else ON_A_CLUSTER
    if unknown := set(only) - set(injections):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: none of {', '.join(sorted(injections))}")
    home = folder / "servers"
    remove_with_disks(home)
    home.mkdir(parents=True)
    planned = plan(only, seed, pair_share=0) if only else plan(sorted(injections), seed)
    steps = _until(time.monotonic() + minutes * 60, planned)
    with single(home.absolute()) if one_node else cluster(home.absolute()) as system:
        verdict = run(
            system,
            injections,
            steps,
            click.echo,
            seed=seed,
            works_through=frozenset() if one_node else frozenset(ONE_NODE_DOWN),
            rate=rate,
        )
        verdict.history.save(folder / "history.json")
        (folder / "recoveries.json").write_text(json.dumps([asdict(one) for one in verdict.recoveries], indent=1))
        exit_code = _report(verdict, folder)
    sys.exit(exit_code)


def _until(deadline: float, steps: Iterator[Step]) -> Iterator[Step]:
    for step in steps:
        if time.monotonic() >= deadline:
            return
        yield step


def _report(verdict: Verdict, folder: Path) -> int:
    for line in recovery_table(verdict.recoveries, verdict.resumed):
        click.echo(line)
    for anomaly in verdict.anomalies[:50]:
        click.echo(f"ANOMALY {anomaly.kind.name}: {anomaly.text}")
    for process in verdict.dead:
        click.echo(f"ENDED {process}")
    if verdict.stuck:
        click.echo(f"STUCK {verdict.stuck}")
    click.echo(
        f"{len(verdict.history.faults)} faults in {verdict.seconds / 60:.1f} minutes, {verdict.messages:,} messages at "
        f"{verdict.rate:.0f}/s, {len(verdict.anomalies)} anomalies; see {folder}"
    )
    return 1 if verdict.anomalies or verdict.dead or verdict.stuck else 0


if __name__ == "__main__":
    main()
