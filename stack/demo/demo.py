"""`make demo`: a story in six acts on servers of its own, each line of which says what it proves."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from chat_tasks.settings import Settings
from stack.demo.dialogue import play_dialogue
from stack.demo.disturbances import disturbances
from stack.demo.example import play_example
from stack.demo.load import CONVERSATIONS, MESSAGES, play_load
from stack.demo.pace import play_pace
from stack.development.up_and_down import up
from stack.fetch.fetch import fetch_all
from stack.isolation import ignore_settings
from stack.pipeline.kept import KeptPipeline
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

# What goes in, what comes out, what is broken, what is proven: by the first sign of a line, where there are colours.
_STYLES = {"→": "cyan", "←": "green", "✗": "red", "✓": "bold green"}


def demo(home: Path, console: Console) -> None:
    """Show the pipeline, and always stop what was started. Raises `DemoError` if anything is not as promised."""

    def report(line: str) -> None:
        style = _STYLES.get(line.lstrip()[:1])
        console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)

    def act(title: str) -> None:
        console.print()
        console.rule(f"[bold]{title}", align="left", style="dim")

    ignore_settings()
    fetch_all(home / "jars")
    folder = home / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    servers = Servers.on_free_ports(folder, profile="steady")
    environment = {**servers.environment(), "CHAT_FLOWER_PORT": str(free_port()), "CHAT_CONSOLE_PORT": str(free_port())}
    pipeline = KeptPipeline(folder / "pipeline", environment)
    settings = Settings(
        kafka_bootstrap_servers=servers.bootstrap_servers,
        cassandra_port=servers.cassandra_port,
        redis_url=servers.redis_url,
    )
    try:
        act("1. Servers and pipeline start, on free ports")
        up(servers, pipeline, report)
        act("2. The records: JSON in, the same with a number out")
        play_example(settings, report)
        act("3. A conversation: its lines go to any partition, and come out numbered")
        play_dialogue(settings, settings.topic_partitions, report)
        act(f"4. {MESSAGES:,} messages of {CONVERSATIONS} conversations, while things break")
        play_load(settings, console, report, disturbances(settings, pipeline, report))
        act("5. How fast it is, warm")
        play_pace(settings, report)
    finally:
        act("6. Everything that was started is stopped")
        pipeline.stop()
        servers.stop()
    report("Next: `make up` starts it all to stay, and `make status` shows it. Then, for instance:")
    report('  .venv/bin/chat-tasks send abc123 "Hi there!" --sender bob --to ann')
    report("  .venv/bin/chat-tasks latest abc123")
    report(
        "Or write a message in the console, whose address is the last line of `make up`, and watch it being numbered."
    )
