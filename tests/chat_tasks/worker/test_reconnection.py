"""What a worker does with tasks that Redis does not take back."""

import tempfile
from pathlib import Path

import pytest
from kombu import Connection
from redis import ReadOnlyError

import chat_tasks.worker.reconnection  # noqa: F401 - it changes what kombu does


def test_a_task_that_cannot_be_put_back_is_not_written_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Connection("memory://", transport_options={"polling_interval": 0}) as connection:
        channel = connection.channel()
        channel.do_restore = True
        queue = connection.SimpleQueue("tasks", channel=channel)
        queue.put("a text")
        queue.get()

        def refuse(_: object) -> None:
            raise ReadOnlyError("You can't write against a read only replica.")

        monkeypatch.setattr(channel, "_restore", refuse)
        channel.qos.restore_unacked_once()
    assert "UNABLE TO RESTORE 1 MESSAGES" in caplog.text
    assert list(tmp_path.iterdir()) == []
