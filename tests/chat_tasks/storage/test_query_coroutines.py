"""Coroutines that yield queries are answered together, and what becomes of one is nobody else's concern."""

from collections.abc import Generator, Sequence
from typing import Any

from chat_tasks.storage.query_coroutines import answer

Reading = Generator[int, Any, list[Any]]


def reads(*queries: int) -> Reading:
    """Returns what it was sent for each of these."""
    found: list[Any] = []
    for query in queries:
        rows = yield query
        found.append(rows)
    return found


def fails_over_its_rows() -> Reading:
    """As where a further page cannot be fetched."""
    yield 1
    raise ConnectionError("gone")


def test_what_each_returns() -> None:
    asked: list[list[int]] = []

    def squares(queries: Sequence[int]) -> list[tuple[bool, Any]]:
        asked.append(list(queries))
        return [(True, query**2) for query in queries]

    assert answer({"a": reads(2, 3, 4), "b": reads(5), "c": reads()}, squares) == {"a": [4, 9, 16], "b": [25], "c": []}
    assert asked == [[2, 5], [3], [4], []]


def test_a_query_that_fails_ends_only_its_own() -> None:
    failure = TimeoutError("late")

    def all_but_two(queries: Sequence[int]) -> list[tuple[bool, Any]]:
        return [(query != 2, failure if query == 2 else query) for query in queries]

    assert answer({"a": reads(1, 3), "b": reads(2, 3)}, all_but_two) == {"a": [1, 3], "b": failure}


def test_rows_that_fail_end_only_their_own() -> None:
    found = answer({"a": reads(1), "b": fails_over_its_rows()}, lambda queries: [(True, query) for query in queries])
    assert found["a"] == [1]
    assert isinstance(found["b"], ConnectionError)
