"""All settings, read from variables with the prefix `CHAT_`; `.env.example` documents them."""

import os
import re
import socket
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from chat_tasks.environment import variables
from chat_tasks.errors import ConfigurationError
from chat_tasks.setting_variables import read_values
from chat_tasks.tls import TlsFiles, tls_context

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Bytes = Annotated[int, Field(ge=1)]
# Seconds; 0 is for ever.
Retention = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_KEY_CHARACTERS = 32
# The one setting that has no variable, and takes all variables that begin like Kafka's.
_PROPERTIES = "kafka_properties"


def default_instance_name() -> str:
    """The name under which this process joins its group: honcho's `dispatch.1`, else the host's name."""
    return os.environ.get("HONCHO_PROCESS_NAME") or socket.gethostname()


def default_http_port() -> int:
    """The port that honcho gives to each of its processes; none without honcho."""
    port = os.environ.get("PORT", "") if os.environ.get("HONCHO_PROCESS_NAME") else ""
    return int(port) if port.isdecimal() else 0


class Settings(BaseModel):
    """The settings of a process. `CHAT_` and a field's name in capitals is the field's variable.

    `kafka_properties` are all further variables with the prefix `CHAT_KAFKA_`, by the names that Kafka's client has for
    them. The client knows which there are, so `bridge/kafka/connection/properties.py` checks them.
    """

    model_config = ConfigDict(frozen=True, validate_default=True)

    # The servers.
    kafka_bootstrap_servers: str = "127.0.0.1:19092"
    cassandra_contact_points: Annotated[tuple[str, ...], Field(min_length=1)] = ("127.0.0.1",)
    cassandra_port: Annotated[int, Field(ge=1, le=65535)] = 19042
    cassandra_keyspace: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")] = "chat"
    cassandra_local_datacenter: str = "datacenter1"
    # The URL may hold a password.
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:16379/0")
    redis_prefix: Name = "chat"

    # Who this process is to the servers, and whom it trusts.
    kafka_properties: Mapping[str, SecretStr] = {}
    cassandra_username: str = ""
    cassandra_password: SecretStr = SecretStr("")
    cassandra_ca_location: str = ""
    cassandra_certificate_location: str = ""
    cassandra_key_location: str = ""
    redis_ca_location: str = ""
    redis_certificate_location: str = ""
    redis_key_location: str = ""
    task_key: SecretStr = SecretStr("")

    # The name and the groups of this process.
    instance_name: Name = Field(default_factory=default_instance_name)
    ingest_group: Name = "chat-ingest"
    dispatch_group: Name = "chat-dispatch"
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = Field(default_factory=default_http_port)

    # The log of this process.
    log_format: Literal["", "text", "json"] = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_keys: bool = False

    # Where `chat-tasks top` and the web console look for processes.
    processes: tuple[str, ...] = (
        *("127.0.0.1:5000-5009", "127.0.0.1:5100-5109", "127.0.0.1:5200-5209"),
        *("127.0.0.1:15600-15609", "127.0.0.1:15700-15709", "127.0.0.1:15800-15809"),
    )

    # The web console.
    console_host: str = "127.0.0.1"
    console_port: Annotated[int, Field(ge=1, le=65535)] = 15556
    console_names: tuple[str, ...] = ()
    console_viewer_password: SecretStr = SecretStr("")
    console_reader_password: SecretStr = SecretStr("")
    console_operator_password: SecretStr = SecretStr("")

    # Topics.
    message_topic: Name = "instant_message_in"
    output_topic: Name = "instant_message_out"
    request_topic: Name = "latest_messages_request"
    block_topic: Name = "latest_messages_block"
    log_topic: Name = "conversation_log"
    dead_letter_topic: Name = "dead_letter"
    audit_topic: Name = "audit"
    topic_partitions: Count = 3
    topic_replication_factor: Count = 1
    topic_min_insync_replicas: Count = 1
    log_partitions: Count = 12
    log_segment_bytes: Annotated[int, Field(ge=1024 * 1024, le=2**31 - 1)] = 16 * 1024 * 1024
    log_segment_time: Seconds = 300.0
    topic_segment_time: Seconds = 86_400.0
    output_retention: Retention = 604_800.0
    block_retention: Retention = 86_400.0
    dead_letter_retention: Retention = 0.0
    audit_retention: Retention = 31_536_000.0
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

    @field_validator("cassandra_contact_points", "console_names", "processes", mode="before")
    @classmethod
    def split_at_commas(cls, value: object) -> object:
        """The value `a,b` in the environment as the list of a and b."""
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("redis_url")
    @classmethod
    def redis_over_tcp(cls, value: SecretStr) -> SecretStr:
        """The value, if Celery's client, ours and Flower's understand it alike."""
        text = value.get_secret_value()
        if text.startswith("unix://"):
            raise ValueError("Celery's client knows no unix://, so Redis needs a port: redis://host:port/database")
        try:
            url = urlsplit(text)
            is_valid = bool(url.scheme in {"redis", "rediss"} and url.hostname and (url.port or 1) > 0)
        except ValueError:
            is_valid = False
        if not is_valid or not re.fullmatch(r"/?\d*", url.path):
            raise ValueError(
                "it should be redis://user:password@host:port/database, or rediss:// for TLS; "
                "user and password are percent-encoded"
            )
        if url.query or url.fragment:
            raise ValueError("no options follow the database; TLS has settings of its own (CHAT_REDIS_CA_LOCATION)")
        return value

    @field_validator("task_key")
    @classmethod
    def long_enough(cls, value: SecretStr) -> SecretStr:
        """The value, if each of its keys is long enough, or if it has none."""
        if any(len(key) < _KEY_CHARACTERS for key in _keys(value)):
            raise ValueError(f"each key needs {_KEY_CHARACTERS} characters or more")
        return value

    @model_validator(mode="after")
    def complete_identity(self) -> Self:
        """The settings, if those that belong together are there, and the files of TLS can be read."""
        if bool(self.cassandra_username) != bool(self.cassandra_password.get_secret_value()):
            raise ValueError("CHAT_CASSANDRA_USERNAME, CHAT_CASSANDRA_PASSWORD: one needs the other")
        if not self.redis_url.get_secret_value().startswith("rediss://") and any(self.redis_tls_files):
            raise ValueError("CHAT_REDIS_URL: it should begin with rediss://, since there are files for TLS")
        if self.cassandra_certificate_location and not self.cassandra_ca_location:
            raise ValueError("CHAT_CASSANDRA_CA_LOCATION: it is needed with a certificate of our own")
        for service, files in (("CASSANDRA", self.cassandra_tls_files), ("REDIS", self.redis_tls_files)):
            if bool(files.certificate) != bool(files.key):
                raise ValueError(
                    f"CHAT_{service}_CERTIFICATE_LOCATION, CHAT_{service}_KEY_LOCATION: one needs the other"
                )
            try:
                if any(files):
                    tls_context(service, files)
            except ConfigurationError as error:
                raise ValueError(str(error)) from None
        return self

    @property
    def cassandra_tls_files(self) -> TlsFiles:
        """The files for TLS to Cassandra; without an authority there is no TLS."""
        return TlsFiles(self.cassandra_ca_location, self.cassandra_certificate_location, self.cassandra_key_location)

    @property
    def redis_tls_files(self) -> TlsFiles:
        """The files for TLS to Redis; the URL says whether there is TLS."""
        return TlsFiles(self.redis_ca_location, self.redis_certificate_location, self.redis_key_location)

    @property
    def task_keys(self) -> list[bytes]:
        """The keys of tasks and replies, the one that signs first; none if the key is the stored one."""
        return _keys(self.task_key)

    def __init__(self, **values: Any) -> None:
        """Read the settings that are not among `values`. Raises `ConfigurationError`.

        The error names each wrong variable and the reason, and never the value.
        """
        read = read_values(variables(), type(self).model_fields.keys() - {_PROPERTIES})
        reasons = read.reasons
        try:
            super().__init__(**{**read.settings, _PROPERTIES: read.kafka_properties, **values})
        except ValidationError as error:
            reasons = reasons + [_reason(detail) for detail in error.errors(include_url=False, include_input=False)]
        if reasons:
            raise ConfigurationError(f"wrong setting: {'; '.join(reasons)}") from None


def _reason(detail: ErrorDetails) -> str:
    """What is wrong with one setting, or with several, which the message then names itself."""
    message = detail["msg"].removeprefix("Value error, ")
    name = "_".join(str(part) for part in detail["loc"]).upper()
    return f"CHAT_{name}: {message}" if name else message


def _keys(secret: SecretStr) -> list[bytes]:
    return [key.strip().encode() for key in secret.get_secret_value().split(",") if key.strip()]


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
