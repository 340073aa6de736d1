"""The keyspace and its tables, and the stored settings that the data depends on."""

from collections.abc import Mapping

from cassandra.cluster import Session

from chat_tasks.errors import ConfigurationError, SettingsMismatch
from chat_tasks.settings import Settings

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
    """Create the keyspace and the tables that are missing; idempotent."""
    session.execute(
        f"CREATE KEYSPACE IF NOT EXISTS {settings.cassandra_keyspace} WITH replication = "
        f"{{'class': 'NetworkTopologyStrategy', '{settings.cassandra_local_datacenter}': "
        f"{settings.cassandra_replication_factor}}}"
    )
    for table in _TABLES:
        session.execute(table.format(keyspace=settings.cassandra_keyspace))


def store_settings(session: Session, settings: Settings, values: dict[str, str]) -> None:
    """Store each value that is not stored yet. Raises `SettingsMismatch` if a different value is stored."""
    for name, value in values.items():
        applied = session.execute(
            f"INSERT INTO {settings.cassandra_keyspace}.stored_settings (name, value) VALUES (%s, %s) IF NOT EXISTS",
            (name, value),
        ).one()
        if not applied.applied and applied.value != value:
            raise SettingsMismatch(f"CHAT_{name.upper()}", applied.value, value)


def replace_settings(session: Session, settings: Settings, values: Mapping[str, str]) -> None:
    """Store each value in place of what is stored."""
    table = f"{settings.cassandra_keyspace}.stored_settings"
    for name, value in values.items():
        session.execute(f"INSERT INTO {table} (name, value) VALUES (%s, %s) IF NOT EXISTS", (name, value))
        session.execute(f"UPDATE {table} SET value = %s WHERE name = %s IF EXISTS", (value, name))


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
