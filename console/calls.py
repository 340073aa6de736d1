"""Calls that block, for handlers that may not: each in a thread of its own, and waited for so long and no longer."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from chat_tasks.errors import DependencyUnavailable

Answer = TypeVar("Answer")

# Longer than what is called waits for its server itself: that says best what is wrong.
_SECONDS = 20.0


async def call(blocking: Callable[[], Answer], server: str, seconds: float = _SECONDS) -> Answer:
    """What a call that asks a server returns, or raises.

    Raises `DependencyUnavailable` after so many seconds; the call goes on. Its thread holds up no exit of the process,
    and no other call: those of asyncio do both.
    """
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(blocking())
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            future.set_exception(error)

    threading.Thread(target=run, name=f"asking {server}", daemon=True).start()
    answered = asyncio.wrap_future(future)
    # asyncio would log the exception of a call that nobody waits for any more.
    answered.add_done_callback(lambda one: None if one.cancelled() else one.exception())
    done, _ = await asyncio.wait({answered}, timeout=seconds)
    if not done:
        raise DependencyUnavailable(f"{server}: no answer within {seconds:g} seconds")
    return answered.result()
