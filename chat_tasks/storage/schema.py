"""The keyspace and its tables, and the stored settings that the data depends on."""

import logging
import time
from collections.abc import Mapping
from itertools import count
from typing import Any

from cassandra.cluster import Session

from chat_tasks.backoff import Backoff
from chat_tasks.errors import ConfigurationError, SettingsMismatch
from chat_tasks.settings import Settings
from chat_tasks.storage.session import FAILURES, REFUSALS, describe_cassandra_error

logger = logging.getLogger(__name__)

# A schema statement takes seconds while Cassandra is busy.
_STATEMENT_SECONDS = 30.0
_PATIENCE_SECONDS = 180.0
_BACKOFF = Backoff()

_TABLES = (
    """CREATE TABLE IF NOT EXISTS {keyspace}.messages (
        conversation_key text, bucket int, seq bigint, sender text, recipients frozen<list<text>>, body text,
        log_id uuid, log_offset bigint, sent_at timestamp,
        newest_bucket int static, newest_log_id uuid static, newest_log_offset bigint static,
        PRIMARY KEY ((conversation_key, bucket), seq)) WITH CLUSTERING ORDER BY (seq DESC)""",
    # These columns came later than the table. They are the mark, which bucket 0 has.
    """ALTER TABLE {keyspace}.messages ADD IF NOT EXISTS (
        newest_bucket int static, newest_log_id uuid static, newest_log_offset bigint static)""",
    # A read repair writes only the columns that were read. A read of other columns then finds a row with holes.
    "ALTER TABLE {keyspace}.messages WITH read_repair = 'NONE'",
    """CREATE TABLE IF NOT EXISTS {keyspace}.conversation_buckets (
        conversation_key text, bucket int,
        PRIMARY KEY (conversation_key, bucket)) WITH CLUSTERING ORDER BY (bucket DESC)""",
    """CREATE TABLE IF NOT EXISTS {keyspace}.quarantined_conversations (
        log_partition int, conversation_key text, reason text, since timestamp,
        PRIMARY KEY (log_partition, conversation_key))""",
    # This column came later than the table: a keyspace that was set up before has to get it too.
    """ALTER TABLE {keyspace}.quarantined_conversations ADD IF NOT EXISTS (
        release_requested timestamp)""",
    # Apart from the stored settings, so that only those who work on tasks need be allowed to read it.
    "CREATE TABLE IF NOT EXISTS {keyspace}.task_keys (name text PRIMARY KEY, log_id uuid, key text)",
    "CREATE TABLE IF NOT EXISTS {keyspace}.stored_settings (name text PRIMARY KEY, value text)",
)


def create(session: Session, settings: Settings) -> None:
    """Create the keyspace and the tables that are missing; idempotent. Raises the driver's exceptions."""
    query = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = %s"
    # Cassandra wants leave to create any keyspace even if this one exists.
    if execute_patiently(session, query, (settings.cassandra_keyspace,)).one() is None:
        execute_patiently(
            session,
            f"CREATE KEYSPACE IF NOT EXISTS {settings.cassandra_keyspace} WITH replication = "
            f"{{'class': 'NetworkTopologyStrategy', '{settings.cassandra_local_datacenter}': "
            f"{settings.cassandra_replication_factor}}}",
        )
    for table in _TABLES:
        execute_patiently(session, table.format(keyspace=settings.cassandra_keyspace))


def store_settings(session: Session, settings: Settings, values: Mapping[str, str]) -> None:
    """Store each value whose name is not stored yet. Raises the driver's exceptions."""
    insert = f"INSERT INTO {settings.cassandra_keyspace}.stored_settings (name, value) VALUES (%s, %s) IF NOT EXISTS"
    for name, value in values.items():
        execute_patiently(session, insert, (name, value))


def replace_settings(session: Session, settings: Settings, values: Mapping[str, str]) -> None:
    """Store each value in place of what is stored."""
    store_settings(session, settings, values)
    update = f"UPDATE {settings.cassandra_keyspace}.stored_settings SET value = %s WHERE name = %s IF EXISTS"
    for name, value in values.items():
        execute_patiently(session, update, (value, name))


def stored_settings(session: Session, settings: Settings) -> dict[str, str]:
    """All stored settings by name. Raises `ConfigurationError` if `init` was never run."""
    # `stored_settings` is the last table that `create` makes.
    query = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s AND table_name = 'stored_settings'"
    if session.execute(query, (settings.cassandra_keyspace,)).one() is None:
        raise ConfigurationError(
            f"the keyspace {settings.cassandra_keyspace} is not set up: run `chat-tasks init` first"
        )
    rows = session.execute(f"SELECT name, value FROM {settings.cassandra_keyspace}.stored_settings")
    return {row.name: row.value for row in rows}


def check_stored_settings(session: Session, settings: Settings) -> dict[str, str]:
    """Compare the settings that rows depend on with the stored ones; returns all stored settings.

    Raises `SettingsMismatch`, `ConfigurationError`.
    """
    stored = stored_settings(session, settings)
    for name, value in data_settings(settings).items():
        if stored.get(name) != value:
            raise SettingsMismatch(f"CHAT_{name.upper()}", stored.get(name, "nothing"), value)
    return stored


def data_settings(settings: Settings) -> dict[str, str]:
    """The settings that rows depend on."""
    return {"bucket_size": str(settings.bucket_size), "log_partitions": str(settings.log_partitions)}


def execute_patiently(session: Session, statement: str, parameters: tuple[Any, ...] = ()) -> Any:
    """Execute an idempotent statement, again if Cassandra is too busy, until all nodes agree on the schema.

    Returns the driver's `ResultSet`. Raises the driver's exceptions.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for attempt in count(1):
        try:
            if attempt > 1:
                # Two nodes that create the same table at once may create two, so the first attempt has to be over.
                session.cluster.refresh_schema_metadata(_STATEMENT_SECONDS)
            result = session.execute(statement, parameters, timeout=_STATEMENT_SECONDS)
            if result.response_future.is_schema_agreed:
                return result
            reason = "Cassandra: its nodes do not agree on the schema yet"
        except FAILURES as error:
            if isinstance(error, REFUSALS) or time.monotonic() > deadline:
                raise
            reason = describe_cassandra_error(error)
        logger.warning(
            "a statement is executed again: %s", reason, extra={"event": "statement_repeated", "reason": reason}
        )
        time.sleep(_BACKOFF.delay(attempt))
    raise AssertionError("the attempts never end")
