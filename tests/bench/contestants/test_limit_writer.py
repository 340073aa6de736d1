"""The limit writes the very messages of the load, in tasks no larger than the workers get."""

from hypothesis import given
from hypothesis import strategies as st

from bench.conditions.loads import LOADS
from bench.contestants.limit_writer import Share, tasks_of
from chat_tasks.conversation.routing import queue_of
from chat_tasks.settings import Settings

settings = Settings(records_in_flight=200, task_records=20)
loads = st.sampled_from(["new", "50", "one", "4000-bytes"])


@given(loads, st.integers(1, 700), st.integers(1, 4))
def test_every_message_is_written_once_by_the_process_of_its_queue(name: str, count: int, workers: int) -> None:
    messages = LOADS[name].messages(count, seed=1)
    written: list[int] = []
    for number in range(workers):
        share = Share(settings, LOADS[name], 1, number, workers)
        for task in tasks_of(messages, share):
            assert len(task) <= settings.task_records
            [queue] = {queue_of(message.conversationKey.encode(), settings.queues) for _, message in task}
            assert queue % workers == number
            assert all(messages[index] is message for index, message in task)
            written.extend(index for index, _ in task)
    assert sorted(written) == list(range(count))


def test_a_conversation_is_written_in_its_order() -> None:
    messages = LOADS["one"].messages(1000, seed=1)
    indices = [
        index
        for number in (0, 1)
        for task in tasks_of(messages, Share(settings, LOADS["one"], 1, number, 2))
        for index, _ in task
    ]
    assert indices == list(range(1000))
