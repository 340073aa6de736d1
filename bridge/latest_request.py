"""Asks for the latest messages of a conversation and waits for the block."""

from uuid import uuid4

from bridge.kafka.send import send_record
from bridge.kafka.topic_reader import TopicReader
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.formats.topics import Chatter, LatestMessagesBlock, LatestMessagesRequest
from chat_tasks.settings import Settings

CORRELATION_HEADER = "correlation_id"
"""Any header of a request comes back with its block; this is the one that our own requests carry."""


def request_latest(
    settings: Settings, conversation_key: str, count: int, before: int | None, timeout: float
) -> list[Chatter]:
    """(sender, body, sequence number) each, oldest first; `timeout` in seconds. Raises `DependencyUnavailable`."""
    correlation = uuid4().hex.encode()
    request = LatestMessagesRequest(conversationKey=conversation_key, numMsgs=count, beforeSeq=before)
    with TopicReader(settings, [settings.block_topic]) as reader:
        send_record(
            settings,
            settings.request_topic,
            request.model_dump_json(exclude_none=True).encode(),
            headers=[(CORRELATION_HEADER, correlation)],
        )
        for message in reader.follow(timeout):
            if (CORRELATION_HEADER, correlation) in (message.headers() or ()):
                return LatestMessagesBlock.model_validate_json(message.value()).latestChatter
    raise DependencyUnavailable(f"no block came within {timeout:g} seconds: does the pipeline run (`honcho start`)?")
