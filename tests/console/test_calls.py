"""Calls that are waited for so long and no longer."""

import asyncio
import gc
import threading

import pytest

from chat_tasks.errors import DependencyUnavailable, NotReplayed
from console.calls import call
from tests.own_loop import run


def test_what_a_call_returns_or_raises_comes_to_whoever_waits() -> None:
    def refuse() -> int:
        raise NotReplayed("not now")

    assert run(call(lambda: 7, "Kafka")) == 7
    with pytest.raises(NotReplayed, match="not now"):
        run(call(refuse, "Kafka"))


def test_a_call_that_fails_when_nobody_waits_any_more_is_no_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    threads: list[threading.Thread] = []
    is_over = threading.Event()

    def fail_late() -> None:
        threads.append(threading.current_thread())
        is_over.wait()
        raise NotReplayed("too late")

    async def wait_too_short() -> None:
        with pytest.raises(DependencyUnavailable, match="Kafka: no answer within"):
            await call(fail_late, "Kafka", 0.01)
        is_over.set()
        [thread] = threads
        # Another call returns after it, so the loop has heard of the failure.
        await call(thread.join, "a thread")

    run(wait_too_short())
    gc.collect()
    assert caplog.records == []


def test_calls_wait_for_no_other_call() -> None:
    """As many as browsers may ask for, while a server is away."""
    together = threading.Barrier(200)

    async def meet() -> None:
        await asyncio.gather(*(call(together.wait, "Kafka") for _ in range(together.parties)))

    run(meet())
