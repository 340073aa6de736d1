"""How rate, latest messages and memory change while messages pile up: in one conversation, or in ever new ones."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from redis import Redis

from bench.conditions.arena import new_arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import Load
from bench.contestants.roster import CONTESTANTS
from bench.errors import BenchError
from bench.measure.percentiles import Percentiles
from bench.measure.usage import UsageMeter, server_processes
from bench.race.collector import Collector
from bench.race.race import Race
from chat_tasks.formats.topics import LatestMessagesRequest
from chat_tasks.settings import Settings
from stack.pipeline.sender import new_sender

_REQUESTS = 60
_MESSAGES_PER_BLOCK = 20
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Growth:
    """One step. `messages` counts all until its end; `rate` is the messages a second of this step alone."""

    load: str
    messages: int
    rate: float
    latest_milliseconds: Percentiles
    """From a request's sending to the arrival of its block, one request at a time, nothing else going on."""
    largest_memory: Mapping[str, int]
    """The most bytes that a single process of that name was seen to hold (RSS)."""
    redis_bytes: int
    """The most that Redis has allocated since its start (`used_memory_peak`)."""


def measure_growth(load: Load, total: int, steps: int, conditions: Conditions) -> Iterator[Growth]:
    """Backlogs of `total / steps` messages, one after the other; each step as soon as it is measured.

    Raises `BenchError` if the contestant did not do its job.
    """
    contestant = CONTESTANTS["chat-tasks"]
    folder = conditions.folder / f"growth-{load.name}"
    with (
        new_arena(conditions.servers) as arena,
        contestant.running(arena, load, conditions, folder) as pipeline,
        Collector(arena.settings) as collector,
        Redis.from_url(arena.settings.redis_url.get_secret_value()) as redis,
    ):
        redis.config_resetstat()
        race = Race(arena.settings, load, collector, seed=1)
        race.wait_for_processes()
        for step in range(1, steps + 1):
            count = round(total * step / steps) - len(race.messages)
            meter = UsageMeter({**pipeline.processes(), **server_processes(conditions.servers)})
            seconds = race.drain(count, meter.sample_memory)
            latest = Percentiles.of(list(_ask(race, arena.settings)))
            memory = meter.usage().largest_memory
            yield Growth(
                load.name,
                len(race.messages),
                count / seconds,
                latest,
                memory,
                int(redis.info("memory")["used_memory_peak"]),
            )
        race.judge(contestant)


def _ask(race: Race, settings: Settings) -> Iterator[float]:
    """Ask for conversations of random messages, one after the other; yields the milliseconds of each request."""
    producer = new_sender(settings, linger_milliseconds=0)
    random_ = random.Random(len(race.messages))
    for message in random_.choices(race.messages, k=_REQUESTS):
        request = LatestMessagesRequest(conversationKey=message.conversationKey, numMsgs=_MESSAGES_PER_BLOCK)
        asked_at = time.monotonic()
        producer.produce(settings.request_topic, request.model_dump_json(exclude_none=True).encode())
        producer.poll(0)
        race.requests += 1
        while race.collector.blocks < race.requests:
            race.collector.poll()
            if time.monotonic() - asked_at > _PATIENCE_SECONDS:
                raise BenchError(f"a request was not answered within {_PATIENCE_SECONDS:g} s")
        yield (time.monotonic() - asked_at) * 1000
