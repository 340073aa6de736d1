"""The key of a pipeline's tasks and replies, and the id of the log that it has now: a table of one row."""

import secrets
import time
from uuid import UUID

from cassandra import InvalidRequest
from cassandra.cluster import Session

from chat_tasks.errors import ConfigurationError
from chat_tasks.formats.seal import Seal
from chat_tasks.settings import Settings
from chat_tasks.storage.schema import execute_patiently

# A worker reads the row again after so many seconds.
KNOWN_SECONDS = 5.0


def store_task_key(session: Session, settings: Settings, log_id: str) -> None:
    """Make a key for the tasks of this log, unless it has one.

    If the row is of another log, its key is deleted first, and the call blocks until no worker goes by it any more, and
    no task that it has let in holds a lock. Raises the driver's exceptions.
    """
    table, mine = f"{settings.cassandra_keyspace}.task_keys", UUID(log_id)
    found = session.execute(f"SELECT log_id FROM {table} WHERE name = 'current'").one()
    key = secrets.token_hex(32)
    if found is None:
        insert = f"INSERT INTO {table} (name, log_id, key) VALUES ('current', %s, %s) IF NOT EXISTS"
        execute_patiently(session, insert, (mine, key))
    elif found.log_id != mine:
        of_old = "WHERE name = 'current' IF log_id = %s"
        # The row keeps the old id meanwhile, so an `init` that is run again after a kill waits too.
        execute_patiently(session, f"UPDATE {table} SET key = null {of_old}", (found.log_id,))
        time.sleep(KNOWN_SECONDS + settings.lock_ttl)
        execute_patiently(session, f"UPDATE {table} SET log_id = %s, key = %s {of_old}", (mine, key, found.log_id))


def read_seal(session: Session, settings: Settings) -> Seal:
    """The seal of this pipeline and its log. `CHAT_TASK_KEY` takes the place of the stored key.

    Raises `ConfigurationError` if `init` has stored none, and the driver's exceptions.
    """
    keyspace = settings.cassandra_keyspace
    try:
        row = session.execute(f"SELECT log_id, key FROM {keyspace}.task_keys WHERE name = 'current'").one()
    except InvalidRequest:
        row = None
    if row is None or row.key is None:
        raise ConfigurationError(f"the keyspace {keyspace} has no key for tasks: run `chat-tasks init` first")
    keys = settings.task_keys or [row.key.encode()]
    return Seal(keyspace, str(row.log_id), keys)
