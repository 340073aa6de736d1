"""How a log names a conversation: whoever reads logs need not learn who talks."""

import orjson
from xxhash import xxh64_hexdigest

from chat_tasks.settings import Settings


def shown_key(conversation_key: str, settings: Settings) -> str:
    """The XXH64 of the key's UTF-8, 16 hexadecimal digits, or the key as a JSON string if the settings allow that."""
    if settings.log_keys:
        return orjson.dumps(conversation_key).decode()
    return xxh64_hexdigest(conversation_key.encode())
