"""What a process keeps of its log for whoever asks."""

import logging
import os

from chat_tasks.log.recent import RecentEvents


def logger_with(events: RecentEvents) -> logging.Logger:
    logger = logging.Logger("test", logging.DEBUG)
    logger.addHandler(events)
    return logger


def told(events: RecentEvents) -> list[tuple[int, str, str, str]]:
    return [(one["number"], one["level"], one["event"], one["message"]) for one in events.after(0, events.life)]


def test_warnings_and_what_is_notable_are_kept() -> None:
    events = RecentEvents()
    logger = logger_with(events)
    logger.info("nothing", extra={"event": "single_copy"})
    logger.info("assigned %d", 3, extra={"event": "partitions_assigned"})
    logger.warning("task %s", "a", extra={"event": "task_lost"})
    logger.error("of a library")
    assert told(events) == [
        (1, "info", "partitions_assigned", "assigned 3"),
        (2, "warning", "task_lost", "task a"),
        (3, "error", "library", "of a library"),
    ]


def test_whoever_asks_again_gets_what_is_new_and_everything_of_a_new_process() -> None:
    events = RecentEvents()
    logger = logger_with(events)
    for number in range(3):
        logger.warning("%d", number)
    assert [one["message"] for one in events.after(2, events.life)] == ["2"]
    assert [one["message"] for one in events.after(2, "another")] == ["0", "1", "2"]


def test_it_takes_no_more_memory_whatever_is_logged() -> None:
    events = RecentEvents()
    logger = logger_with(events)
    for number in range(1_000):
        logger.warning("%s %s", number, "x" * 10_000)
    kept = events.after(0, events.life)
    assert [one["number"] for one in kept] == list(range(801, 1_001))
    assert max(len(one["message"]) for one in kept) == 500


def test_what_children_log_comes_to_their_parent_and_never_blocks_them() -> None:
    events = RecentEvents()
    events.share_with_children()
    logger = logger_with(events)
    child = os.fork()
    if not child:
        logger.warning("from a child \ud800", extra={"event": "worker_not_connected"})
        # More than a pipe holds, while nobody reads.
        for number in range(10_000):
            logger.warning("%s %s", number, "x" * 400)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0
    logger.warning("from the parent")
    events.collect()
    kept = [one["message"] for one in events.after(0, "")]
    assert "from the parent" in kept
    assert len(kept) > 100


def test_a_line_whose_arguments_do_not_fit_harms_nobody() -> None:
    events = RecentEvents()
    logger_with(events).warning("%d of %d", "one")
    assert told(events) == []
