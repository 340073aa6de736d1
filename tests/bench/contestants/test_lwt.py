"""Who is compared as an equal must be one: killed in mid-backlog, the LWT loop loses and doubles nothing either.

Keyed, that is: of a conversation spread over several partitions its rounds after a crash are not those before it, and
numbers that have their rows come out after higher ones.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.conditions.arena import new_arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import LOADS
from bench.contestants.roster import CONTESTANTS
from bench.race.backlog import send_backlog
from bench.race.collector import Collector
from bench.race.race import Race
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until

PATIENCE_SECONDS = 300.0
KILLS = 3

pytestmark = [pytest.mark.servers, pytest.mark.chaos]


def test_the_lwt_loop_survives_kills(tmp_path: Path) -> None:
    contestant, load, count = CONTESTANTS["lwt-500"], replace(LOADS["50"], keyed=True), 20_000
    with Servers.for_tests(tmp_path / "servers") as servers:
        conditions = Conditions(servers, tmp_path, seconds=1, workers=1)
        with (
            new_arena(servers) as arena,
            contestant.running(arena, load, conditions, tmp_path / "run") as pipeline,
            Collector(arena.settings) as collector,
        ):
            race = Race(arena.settings, load, collector, seed=1)
            race.drain(250)
            send_backlog(arena.settings, load, race.more(count))
            for kill in range(1, KILLS + 1):
                assert collector.collect(count * kill // (KILLS + 1), PATIENCE_SECONDS)
                assert len(collector.outputs) < len(race.messages), "it was over before it could be killed"
                pipeline.processes()["lwt"].kill()
                assert wait_until(lambda: not pipeline.runs, PATIENCE_SECONDS)
                pipeline.start()
            assert collector.collect(len(race.messages), PATIENCE_SECONDS)
            assert race.judge(contestant) == 0
