"""Two streams of events as one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sse_starlette import ServerSentEvent

from chat_tasks.errors import DependencyUnavailable
from console.answers.live import merged
from tests.own_loop import run


async def numbers(first: int, last: int, ended: list[int]) -> AsyncIterator[ServerSentEvent]:
    """Events with these numbers, and then no more for ever; `ended` learns that nobody reads on."""
    try:
        for number in range(first, last):
            yield ServerSentEvent(str(number))
            await asyncio.sleep(0)
        await asyncio.Event().wait()
    finally:
        ended.append(first)


async def fails() -> AsyncIterator[ServerSentEvent]:
    """An event, and then no more because a server is away."""
    yield ServerSentEvent("the last one")
    raise DependencyUnavailable("Kafka is away")


def test_each_event_comes_once_those_of_a_stream_in_order_and_all_streams_end_together() -> None:
    async def read() -> tuple[list[int], list[int]]:
        ended: list[int] = []
        stream = merged(numbers(0, 300, ended), numbers(1_000, 1_300, ended))
        found = [int(str((await anext(stream)).data)) for _ in range(600)]
        await stream.aclose()
        # The tasks end in the loop's next rounds.
        while len(ended) < 2:
            await asyncio.sleep(0)
        return found, ended

    found, ended = run(read())
    assert [one for one in found if one < 1_000] == list(range(300))
    assert [one for one in found if one >= 1_000] == list(range(1_000, 1_300))
    assert sorted(ended) == [0, 1_000]


def test_whoever_reads_hears_of_a_failure() -> None:
    async def read() -> None:
        ended: list[int] = []
        async for _ in merged(fails(), numbers(0, 1, ended)):
            pass

    with pytest.raises(DependencyUnavailable, match="Kafka is away"):
        run(read())
