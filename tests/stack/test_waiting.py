"""Waiting with a deadline."""

from __future__ import annotations

from stack.waiting import wait_until


def test_it_asks_until_the_answer_is_yes() -> None:
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), timeout=60, interval=0)


def test_it_asks_once_even_without_time() -> None:
    assert wait_until(lambda: True, timeout=0)


def test_it_gives_up_at_the_deadline() -> None:
    assert not wait_until(lambda: False, timeout=0.01)


def test_it_asks_a_last_time_at_the_deadline() -> None:
    answers = iter([False, True])
    assert wait_until(lambda: next(answers), timeout=0.01, interval=60)
