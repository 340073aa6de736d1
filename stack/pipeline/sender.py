"""The client of whoever sends records to a pipeline from outside: the demo, the benchmarks and the tests."""

from confluent_kafka import Producer

from bridge.kafka.clients import base_config
from chat_tasks.settings import Settings


def new_sender(settings: Settings, linger_milliseconds: int = 5) -> Producer:
    """A client that stores nothing twice: the retries of one that is not idempotent do, on a busy machine.

    The pipeline would be blamed for what was sent twice. A batch waits for further records for `linger_milliseconds`.
    """
    return Producer({**base_config(settings), "enable.idempotence": True, "linger.ms": linger_milliseconds})
