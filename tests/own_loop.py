"""Runs coroutines, in tests that may share their process with a browser."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")


def run(coroutine: Coroutine[None, None, Value]) -> Value:
    """What the coroutine returns, by a loop in a thread of its own: Playwright keeps one in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
