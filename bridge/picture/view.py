"""The picture as JSON: the first page of the console."""

from pydantic import BaseModel

from bridge.picture.history import History, counted_stations
from bridge.picture.light import State
from bridge.picture.sight import Sight
from bridge.picture.standing import standing_of
from bridge.picture.stations import stations_of
from chat_tasks.settings import Settings


class LightView(BaseModel):
    """A station's light: `since` is in seconds since 1970."""

    state: State
    words: str
    since: float | None


class FigureView(BaseModel):
    """A number; `source` is the metric that tells it. `value` is None if nobody tells it now."""

    label: str
    value: float | None
    unit: str
    source: str


class StationView(BaseModel):
    """A station of the road; `rate` is in messages or tasks a second, `recent` are its rates of the last minutes.

    `rate_source` is the metric that tells them.
    """

    name: str
    title: str
    subtitle: str
    kind: str
    rate: float | None
    rate_source: str
    recent: list[float | None]
    figures: list[FigureView]
    light: LightView


class ChartView(BaseModel):
    """The last 15 minutes. `at` is in seconds since 1970, latencies are in seconds."""

    at: list[float]
    rate: list[float | None]
    median: list[float | None]
    p99: list[float | None]


class PipelineView(BaseModel):
    """The picture. `at` is this machine's time, in seconds since 1970."""

    at: float
    state: State
    headline: str
    since: float | None
    messages_per_second: float | None
    median_seconds: float | None
    p99_seconds: float | None
    stations: list[StationView]
    chart: ChartView


def view(settings: Settings, sight: Sight, history: History) -> PipelineView:
    """The picture as it is now."""
    moments = history.moments
    newest = moments[-1] if moments else None
    stations, counted = stations_of(settings, sight), counted_stations(settings)
    standing = standing_of(stations)
    return PipelineView(
        at=sight.now,
        state=standing.state,
        headline=standing.headline,
        since=standing.since,
        messages_per_second=None if newest is None else newest.rates.get("out"),
        median_seconds=None if newest is None else newest.median,
        p99_seconds=None if newest is None else newest.p99,
        stations=[
            StationView(
                name=one.name,
                title=one.title,
                subtitle=one.subtitle,
                kind=one.kind,
                rate=None if newest is None else newest.rates.get(one.name),
                rate_source=counted[one.name].metric,
                recent=[moment.rates.get(one.name) for moment in moments],
                figures=[FigureView(**figure._asdict()) for figure in one.figures],
                light=LightView(**one.light._asdict()),
            )
            for one in stations
        ],
        chart=ChartView(
            at=[moment.at for moment in moments],
            rate=[moment.rates.get("out") for moment in moments],
            median=[moment.median for moment in moments],
            p99=[moment.p99 for moment in moments],
        ),
    )
