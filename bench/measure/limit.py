"""What the driver alone reaches: the same rows, grouped as the workers group them, by as many processes, no more."""

from __future__ import annotations

import os
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import TypeVar

import psutil

from bench.conditions.arena import new_arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import Load
from bench.contestants.limit_writer import Share, prepare, write
from bench.measure.throughput import Throughput
from bench.measure.usage import UsageMeter, server_processes

LIMIT = "limit"

_WARM_UP_ROWS = 20_000

ResultT = TypeVar("ResultT")


def measure_limit(load: Load, repetition: int, conditions: Conditions) -> Throughput:
    """Write the rows of a backlog, a message a row. Raises `BenchError` if one could not be written."""
    with new_arena(conditions.servers) as arena, ExitStack() as stack:
        spawn = get_context("spawn")
        # One pool a process: each keeps its share.
        pools = {
            Share(arena.settings, load, repetition, number, conditions.workers): stack.enter_context(
                ProcessPoolExecutor(1, mp_context=spawn)
            )
            for number in range(conditions.workers)
        }

        def prepare_all(first: int, count: int) -> None:
            _results([pool.submit(prepare, share, first, count) for share, pool in pools.items()])

        def write_all() -> float:
            """The seconds from the first request of any process to the last answer."""
            times = _results([pool.submit(write, share) for share, pool in pools.items()])
            return max(end for _, end in times) - min(begin for begin, _ in times)

        warm_up = load.backlog(_WARM_UP_ROWS)
        prepare_all(0, warm_up)
        count = load.backlog(warm_up / write_all() * conditions.seconds)
        prepare_all(warm_up, count)
        pids = _results([pool.submit(os.getpid) for pool in pools.values()])
        writers = {f"writer.{number}": psutil.Process(pid) for number, pid in enumerate(pids, start=1)}
        meter = UsageMeter({**writers, **server_processes(conditions.servers)})
        took = write_all()
        return Throughput(LIMIT, load.name, repetition, count, took, 0, meter.usage())


def _results(futures: list[Future[ResultT]]) -> list[ResultT]:
    return [future.result() for future in futures]
