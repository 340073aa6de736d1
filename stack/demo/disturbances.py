"""What the demonstration does to the pipeline while messages flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_tasks.settings import Settings
    from stack.pipeline.procfile import Pipeline


def disturbances(
    settings: Settings, pipeline: Pipeline, report: Callable[[str], None]
) -> Mapping[int, Callable[[], None]]:
    """Each disturbance, by the number of outputs after which it is due."""

    def kill_worker() -> None:
        worker = pipeline.processes()["worker"]
        worker.kill()
        report(f"  ✗ worker (pid {worker.pid}) killed: SIGKILL, with tasks in its hands")

    def wipe_redis() -> None:
        with redis.Redis.from_url(settings.redis_url.get_secret_value()) as client:
            client.flushall()
        report("  ✗ Redis wiped: FLUSHALL, queued tasks and locks are gone")

    return {5_000: kill_worker, 12_000: wipe_redis}
