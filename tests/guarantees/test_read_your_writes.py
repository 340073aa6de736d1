"""Read your writes: whoever has seen a message in the output, and asks for the latest messages, is shown it."""

import pytest

from bridge.commands.latest import request_latest
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_what_was_seen_is_shown(deploy: Deploy) -> None:
    pipeline = deploy()
    pipeline.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(5, 1)
    for number, message in enumerate(messages):
        send(pipeline.settings, [message])
        read_outputs(pipeline.settings, messages[: number + 1])
        block = request_latest(pipeline.settings, message.conversationKey, 10, None, PATIENCE_SECONDS)
        assert [body for _, body, _ in block] == [one.body for one in messages[: number + 1]]
