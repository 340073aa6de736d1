"""All settings, read from variables with the prefix `CHAT_`; `.env.example` documents them."""

import os
import socket
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from chat_tasks.environment import variables
from chat_tasks.errors import ConfigurationError

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Bytes = Annotated[int, Field(ge=1)]

_KEY_CHARACTERS = 32


def default_instance_name() -> str:
    """The name under which this process joins its group: honcho's `dispatch.1`, else the host's name."""
    return os.environ.get("HONCHO_PROCESS_NAME") or socket.gethostname()


class Settings(BaseModel):
    """The settings of a process. `CHAT_` and a field's name in capitals is the field's variable."""

    model_config = ConfigDict(frozen=True, validate_default=True)

    # The servers.
    kafka_bootstrap_servers: str = "127.0.0.1:19092"
    cassandra_contact_points: Annotated[tuple[str, ...], Field(min_length=1)] = ("127.0.0.1",)
    cassandra_port: Annotated[int, Field(ge=1, le=65535)] = 19042
    cassandra_keyspace: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")] = "chat"
    cassandra_local_datacenter: str = "datacenter1"
    redis_url: Annotated[str, Field(pattern=r"^rediss?://|^unix://")] = "redis://127.0.0.1:16379/0"
    redis_prefix: Name = "chat"
    task_key: SecretStr = SecretStr("")

    # The name and the groups of this process.
    instance_name: Name = Field(default_factory=default_instance_name)
    ingest_group: Name = "chat-ingest"
    dispatch_group: Name = "chat-dispatch"

    # Topics.
    message_topic: Name = "instant_message_in"
    output_topic: Name = "instant_message_out"
    request_topic: Name = "latest_messages_request"
    block_topic: Name = "latest_messages_block"
    log_topic: Name = "conversation_log"
    dead_letter_topic: Name = "dead_letter"
    topic_partitions: Count = 3
    topic_replication_factor: Count = 1
    topic_min_insync_replicas: Count = 1
    log_partitions: Count = 12
    log_segment_bytes: Annotated[int, Field(ge=1024 * 1024, le=2**31 - 1)] = 16 * 1024 * 1024
    log_segment_time: Seconds = 300.0
    cassandra_replication_factor: Count = 1

    # The limits of what is accepted.
    max_body_bytes: Bytes = 65_536
    max_key_bytes: Annotated[int, Field(ge=1, le=32_768)] = 512
    max_name_bytes: Bytes = 512
    max_recipients: Count = 1_000
    max_record_bytes: Annotated[int, Field(ge=10_000, le=8_000_000)] = 1_000_000
    max_batch_bytes: Annotated[int, Field(ge=20_000_000, le=1_000_000_000)] = 100_000_000

    # Latest messages.
    max_latest_messages: Count = 1_000
    max_block_bytes: Annotated[int, Field(ge=100_000, le=8_000_000)] = 900_000

    # The sizes of tasks and buckets, and the bounds of work in flight.
    queues: Annotated[int, Field(ge=1, le=64)] = 2
    bucket_size: Count = 10_000
    heads_in_memory: Count = 1_000_000
    records_in_flight: Count = 80_000
    bytes_in_flight: Bytes = 64 * 1024 * 1024
    task_records: Count = 2_000
    task_bytes: Bytes = 1024 * 1024
    tasks_per_queue: Count = 8

    # Times, in seconds.
    task_deadline: Seconds = 2.0
    lock_ttl: Seconds = 10.0
    replay_window: Seconds = 20.0
    session_timeout: Annotated[float, Field(ge=6, le=300)] = 8.0
    transaction_timeout: Annotated[float, Field(ge=1, le=900)] = 10.0
    cassandra_timeout: Seconds = 4.0
    stall_timeout: Seconds = 30.0

    @field_validator("cassandra_contact_points", mode="before")
    @classmethod
    def split_at_commas(cls, value: object) -> object:
        """The value `a,b` in the environment as the list of a and b."""
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("task_key")
    @classmethod
    def long_enough(cls, value: SecretStr) -> SecretStr:
        """The value, if each of its keys is long enough, or if it has none."""
        if any(len(key) < _KEY_CHARACTERS for key in _keys(value)):
            raise ValueError(f"each key needs {_KEY_CHARACTERS} characters or more")
        return value

    @property
    def task_keys(self) -> list[bytes]:
        """The keys of tasks and replies, the one that signs first; none if the key is the stored one."""
        return _keys(self.task_key)

    def __init__(self, **values: Any) -> None:
        """Read the settings that are not among `values`. Raises `ConfigurationError`.

        The error names each wrong variable and the reason, and never the value.
        """
        found = variables()
        names = {f"CHAT_{name.upper()}": name for name in type(self).model_fields}
        read = {name: found[variable] for variable, name in names.items() if variable in found}
        try:
            super().__init__(**{**read, **values})
        except ValidationError as error:
            reasons = "; ".join(
                f"CHAT_{'_'.join(str(part) for part in detail['loc']).upper()}: {detail['msg']}"
                for detail in error.errors(include_url=False, include_input=False)
            )
            raise ConfigurationError(f"wrong setting: {reasons}") from None


def _keys(secret: SecretStr) -> list[bytes]:
    return [key.strip().encode() for key in secret.get_secret_value().split(",") if key.strip()]


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
