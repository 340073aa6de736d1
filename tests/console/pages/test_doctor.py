"""The doctor is asked once, however many ask."""

import asyncio

from console.pages.doctor import Doctor, FindingView
from tests.own_loop import run


def test_who_asks_while_it_runs_gets_what_it_finds_then() -> None:
    found = [FindingView(check="servers", status="ok", detail="all answer", remedy="")]

    async def ask() -> None:
        runs: list[asyncio.Event] = []

        async def look() -> list[FindingView]:
            runs.append(asyncio.Event())
            await runs[-1].wait()
            return found

        doctor = Doctor(look)
        gone, *others = [asyncio.create_task(doctor.findings()) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gone.cancel()
        assert len(runs) == 1
        runs[0].set()
        assert await asyncio.gather(*others) == [found, found]
        again = asyncio.create_task(doctor.findings())
        while len(runs) == 1:
            await asyncio.sleep(0)
        runs[1].set()
        assert await again == found

    run(ask())
