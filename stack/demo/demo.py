"""`make demo`: the whole pipeline on servers of its own, a worked example, and a load whose output is checked."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from chat_tasks.settings import Settings
from stack.demo.example import play_example
from stack.demo.load import CONVERSATIONS, MESSAGES, play_load
from stack.development.up_and_down import up
from stack.fetch.maven import fetch_all
from stack.isolation import ignore_settings
from stack.pipeline.procfile import Pipeline
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console


def demo(home: Path, console: Console) -> None:
    """Show the pipeline, and always stop what was started. Raises `DemoError` if anything is not as promised."""

    def report(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    ignore_settings()
    fetch_all(home / "jars", report)
    folder = home / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    servers = Servers.on_free_ports(folder, profile="steady")
    environment = {**servers.environment(), "CHAT_FLOWER_PORT": str(free_port())}
    pipeline = Pipeline(folder / "pipeline", environment)
    settings = Settings(
        kafka_bootstrap_servers=servers.bootstrap_servers,
        cassandra_port=servers.cassandra_port,
        redis_url=servers.redis_url,
    )
    try:
        up(servers, pipeline, report)
        console.rule("the worked example")
        play_example(settings, report)
        console.rule(f"{MESSAGES:,} messages of {CONVERSATIONS} conversations, without keys, to all partitions")
        play_load(settings, console, report)
    finally:
        pipeline.stop()
        servers.stop()
        report("everything that was started is stopped")
