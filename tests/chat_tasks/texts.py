"""What people may write: any Unicode that UTF-8 can carry, and what looks like our own JSON."""

from typing import Any

from hypothesis import strategies as st

from chat_tasks.formats.topics import InstantMessage, Message

AWKWARD = [
    '","body":"',
    ',"body":',
    '\\","body":"\\',
    '"conversationMsgSeq":7,',
    "👩‍👩‍👧 🇨🇭 \U0010ffff",
    "\0\x01\x1f\x7f\x80\u2028\u2029\ufeff",
    '\\"/\b\f\n\r\t',
    "\\u0000 \\ud83d",
]

texts = st.text() | st.sampled_from(AWKWARD)
messages = st.builds(
    InstantMessage, conversationKey=texts, sender=texts, recipients=st.lists(texts, max_size=3), body=texts
)


def as_fields(message: Message) -> dict[str, Any]:
    """The message as a JSON object in the contract's order."""
    return {
        "conversationKey": message.conversationKey,
        "sender": message.sender,
        "recipients": message.recipients,
        "body": message.body,
    }
