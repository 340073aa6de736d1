"""`python -m stack`: the local servers and the pipeline, for development."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import orjson
from rich.console import Console

from chat_tasks.errors import ChatTasksError
from stack.demo.demo import demo
from stack.development.keep_servers import keep_servers
from stack.development.status import status
from stack.development.up_and_down import check_alone, development_stack, down, running_stack, up
from stack.errors import StackError
from stack.fetch.fetch import fetch_all
from stack.home import home_folder, jars_folder
from stack.pipeline.procfile import forget_pipeline
from stack.security.identities import FOR_COMMANDS
from stack.servers.secured import SecuredServers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stack.development.status import ProcessStatus


class _StackGroup(click.Group):
    """Turns an error of ours, in any command, into one clear message and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (StackError, ChatTasksError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_StackGroup)
def main() -> None:
    """Kafka, Cassandra, Redis and the pipeline on this machine, kept in .stack or in CHAT_STACK_HOME."""


@main.command("fetch")
def fetch_command() -> None:
    """Fetch the servers' jars."""
    fetch_all(jars_folder())
    click.echo(f"everything is in {jars_folder()}")


@main.command("up")
@click.option("--secured", is_flag=True, help="Servers with TLS, passwords and permissions; data of their own.")
def up_command(*, secured: bool) -> None:
    """Start what does not run yet: servers, then `chat-tasks init`, then the pipeline."""
    fetch_all(jars_folder())
    check_alone(home_folder(), secured=secured)
    servers, pipeline = development_stack(home_folder(), secured=secured)
    up(servers, pipeline, click.echo)
    if isinstance(servers, SecuredServers):
        for identity in FOR_COMMANDS:
            click.echo(f"commands of {identity}: export CHAT_ENV_FILE={servers.settings_file(identity)}")
        click.echo(f"the console's password is in {servers.console_password}")
    click.echo(
        f"console: write a message and watch it being numbered, at http://127.0.0.1:{pipeline.pages['console']}/"
    )


@main.command("down")
def down_command() -> None:
    """Stop the pipeline, then the servers; their data stay."""
    down(*running_stack(home_folder()), click.echo)


@main.command("status")
@click.option("--json", "as_json", is_flag=True, help="A list of {name, pid, address, answering, starts, last_exit}.")
def status_command(*, as_json: bool) -> None:
    """Show every process; exit code 0 when all answer, 1 otherwise."""
    found = status(*running_stack(home_folder()))
    if as_json:
        click.echo(orjson.dumps([asdict(process) for process in found], option=orjson.OPT_INDENT_2))
    else:
        _show(found)
    sys.exit(0 if all(process.answering for process in found) else 1)


@main.command("keep-servers", hidden=True)
def keep_servers_command() -> None:
    """Start servers again when they end; part of what `up` starts."""
    forget_pipeline()
    servers, _ = running_stack(home_folder())
    keep_servers(servers.all, click.echo)


@main.command("demo")
def demo_command() -> None:
    """Start everything on servers of its own, play an example and a load, check the output, stop everything."""
    demo(home_folder(), Console())


def _show(found: Sequence[ProcessStatus]) -> None:
    for process in found:
        pid = "-" if process.pid is None else str(process.pid)
        if process.answering:
            state = click.style("answers" if process.address else "runs", fg="green")
        else:
            state = click.style("does not run" if process.pid is None else "does not answer", fg="red")
        lives = ""
        if process.last_exit is not None:
            lives = f"; started {process.starts} times, {process.last_exit}"
        click.echo(f"{process.name:<10} {pid:>8}  {process.address or '-':<23} {state}{lives}")


if __name__ == "__main__":
    main(prog_name="python -m stack")
