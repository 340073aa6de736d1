"""The command `chat-tasks top`."""

import time

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bridge.picture.light import State
from bridge.picture.picture import Picture
from bridge.picture.sentences import clock, duration, number
from bridge.picture.view import FigureView, PipelineView, StationView
from bridge.terminal import show_json
from chat_tasks.printable import printable
from chat_tasks.settings import Settings

_PAUSE_SECONDS = 1.0
_FIRST_SECONDS = 20.0
_STYLES: dict[State, str] = {"flows": "green", "waits": "yellow", "dead": "red", "unknown": "dim"}


@click.command()
@click.option("--once", is_flag=True, help="Show it once, and end.")
@click.option("--json", "as_json", is_flag=True, help="Once, as a JSON document.")
def top(*, once: bool, as_json: bool) -> None:
    """Show where the pipeline stands, until interrupted.

    What the first page of the console shows. It asks the servers, and the processes at CHAT_PROCESSES: so it works with
    every bridge dead.
    """
    picture = Picture(Settings())
    picture.start()
    try:
        if once or as_json:
            picture.wait(_FIRST_SECONDS)
            now = picture.view()
            if as_json:
                show_json(now.model_dump(exclude={"chart": True, "stations": {"__all__": {"recent"}}}))
            else:
                Console().print(drawn(now))
        else:
            _show_live(picture)
    finally:
        picture.stop()


def _show_live(picture: Picture) -> None:
    with Live(drawn(picture.view()), auto_refresh=False, screen=True) as live:
        while True:
            picture.look()
            live.update(drawn(picture.view()), refresh=True)
            time.sleep(_PAUSE_SECONDS)


def drawn(now: PipelineView) -> Group:
    """The headline, the table of stations, and a line for each station that does not flow."""
    speed = f"{number(now.messages_per_second)} messages/s"
    if now.median_seconds is not None:
        speed += f", half of them within {duration(now.median_seconds)}, 99% within {duration(now.p99_seconds)}"
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("station", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("per second", no_wrap=True, justify="right")
    table.add_column("")
    for one in now.stations:
        table.add_row(
            one.title,
            Text(f"● {one.light.state}", style=_STYLES[one.light.state]),
            number(one.rate),
            Text(printable(", ".join(_told(figure) for figure in one.figures))),
        )
    headline = Text(printable(_since(now.headline, now.since)), style=f"bold {_STYLES[now.state]}")
    return Group(headline, Text(speed), table, *(_note(one) for one in now.stations if one.light.state != "flows"))


def _note(station: StationView) -> Text:
    light = station.light
    return Text(printable(f"{station.title}: {_since(light.words, light.since)}"), style=_STYLES[light.state])


def _told(figure: FigureView) -> str:
    value = duration(figure.value) if figure.unit == "s" else f"{number(figure.value)} {figure.unit}"
    return f"{figure.label} {value.strip()}"


def _since(words: str, since: float | None) -> str:
    return words if since is None else f"{words} since {clock(since)}"
