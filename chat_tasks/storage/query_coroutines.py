"""Runs coroutines that yield queries: the queries of all coroutines at once, in rounds, until each has returned."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

KeyT = TypeVar("KeyT")
QueryT = TypeVar("QueryT")
ResultT = TypeVar("ResultT")


def answer(
    readings: Mapping[KeyT, Generator[QueryT, Any, ResultT]],
    execute: Callable[[Sequence[QueryT]], Sequence[tuple[bool, Any]]],
) -> dict[KeyT, ResultT | Exception]:
    """What each coroutine returns, or the exception that ended it; blocks.

    `execute` returns, for each query, whether it succeeded, and its rows or the failure. A coroutine that takes further
    pages of its rows blocks too.
    """
    found: dict[KeyT, ResultT | Exception] = {}
    # Sending None starts a coroutine.
    answers: dict[KeyT, Any] = dict.fromkeys(readings)
    while answers:
        queries: dict[KeyT, QueryT] = {}
        for key, rows in answers.items():
            try:
                queries[key] = readings[key].send(rows)
            except StopIteration as end:
                found[key] = end.value
            except Exception as error:  # noqa: BLE001 - the driver's failures share no base class
                found[key] = error
        answers = {}
        for key, (succeeded, result) in zip(queries, execute(list(queries.values())), strict=True):
            if succeeded:
                answers[key] = result
            else:
                found[key] = result
    return found
