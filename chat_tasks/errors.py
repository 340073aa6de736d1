"""Every exception that the project raises on purpose.

    ChatTasksError
     ├── ConfigurationError         stops the process at start with one line; starting again needs a change
     │    └── SettingsMismatch      the stored data was made with other settings
     ├── DependencyUnavailable      a server does not answer; waited for, with backoff
     │    ├── CassandraUnavailable  that server is Cassandra; `bridge.kafka.errors` has one for Kafka
     │    └── Denied                a server answers and refuses; waited for too, because permissions change
     │         └── CassandraDenied  that server is Cassandra; `bridge.kafka.connection.denials` has one for Kafka
     ├── LoopStalled                work waits, the servers answer, nothing gets done; a new loop is made
     ├── InvalidRecord              an input that can never be accepted: becomes a dead letter with this reason
     │    └── ForeignRecord         a record of the log that ingest did not write
     ├── NotOurs                    a task or reply that this pipeline did not put there: it is dropped
     ├── UnsupportedVersion         a task or reply of a version that this process does not know
     ├── ConversationConflict       a stored row differs from what the log says: the conversation is quarantined
     ├── NotAudited                 an action was not carried out, because the audit cannot be written
     ├── NotChanged                 a worker's pool was not changed, and why
     ├── NotReleased                a quarantined conversation was not released, and why
     ├── NotReplayed                a dead letter was not sent again, and why
     ├── NotErased                  a message was not erased, or not yet for certain, and why
     └── NodeRestarted              a Cassandra node started since the last replay: what was read may be stale

A plain `ChatTasksError` says that a loop cannot go on with its state; a new loop is made.
"""


class ChatTasksError(Exception):
    """The base class of all of the project's exceptions."""


class ConfigurationError(ChatTasksError):
    """The process cannot work as it is set up; the message says what to change."""


class SettingsMismatch(ConfigurationError):
    """The stored data was made with a setting that differs from this process's setting."""

    def __init__(self, name: str, stored: str, configured: str) -> None:
        super().__init__(f"{name} is {configured} here, but the stored data was made with {stored}; set it to {stored}")


class DependencyUnavailable(ChatTasksError):
    """A server does not answer; the message names the server and the reason. `dependency` is empty if none is known."""

    dependency = ""


class CassandraUnavailable(DependencyUnavailable):
    """Cassandra does not answer."""

    dependency = "cassandra"


class Denied(DependencyUnavailable):
    """A server refuses what this process asks; the message names the process's user, what was asked, and the server."""


class CassandraDenied(Denied, CassandraUnavailable):
    """Cassandra refuses it."""


class LoopStalled(ChatTasksError):
    """Work waits, the servers answer, and nothing gets done."""


class InvalidRecord(ChatTasksError):
    """The record can never be accepted. The message is the reason and never quotes the record's text."""


class ForeignRecord(InvalidRecord):
    """Ingest did not write this record of the log, so it gets no number."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not written by ingest: {reason}")


class NotOurs(ChatTasksError):
    """A task or reply that this pipeline did not put where it was found. The message is the reason."""


class UnsupportedVersion(ChatTasksError):
    """A task or reply has a format that this process does not know."""

    def __init__(self, what: str, version: object) -> None:
        super().__init__(f"{what} of version {version!r} is not supported by this process")


class ConversationConflict(ChatTasksError):
    """A stored row differs from what the log says; nothing was overwritten."""


class NotAudited(ChatTasksError):
    """An action was not carried out, because nobody could have seen later that it was."""


class NotChanged(ChatTasksError):
    """A worker does not have more or fewer processes; it works as before."""


class NotReleased(ChatTasksError):
    """A quarantined conversation was not released, or not yet; nothing of it is lost."""


class NotReplayed(ChatTasksError):
    """A dead letter was not sent again; it stays as it is."""


class NotErased(ChatTasksError):
    """A message was not erased, or nobody knows yet whether a node can forget that it was; running again goes on."""


class NodeRestarted(ChatTasksError):
    """A Cassandra node started since the last replay, so a read may have missed acknowledged rows."""
