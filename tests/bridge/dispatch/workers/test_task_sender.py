"""What a Redis that answers and refuses costs the sender of tasks."""

from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from bridge.dispatch.workers.task_sender import TaskSender
from chat_tasks.settings import Settings

_ANSWERS = {
    b"HELLO 3": b"%1\r\n+proto\r\n:3\r\n",
    b"PING": b"+PONG\r\n",
    b"LLEN chat.00": b":3\r\n",
    b"LLEN chat.01": b"-NOPERM no llen\r\n",
}


class _Denying(StreamRequestHandler):
    """A Redis that tells the length of `chat.00` only."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                size = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(size + 2)[:-2])
            self.wfile.write(_ANSWERS.get(b" ".join(words[:2]), b"+OK\r\n"))


@pytest.fixture
def denying() -> Iterator[str]:
    """Its URL."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Denying) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()
        thread.join()


def test_a_queue_that_may_not_be_counted_is_only_left_out(denying: str) -> None:
    events: list[object] = []
    sender = TaskSender(Settings(redis_url=denying, queues=2), events.append)
    sender._count()
    assert sender.waiting == {"chat.00": 3}
    sender._disconnect()
