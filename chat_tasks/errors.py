"""Every exception that the project raises on purpose.

    ChatTasksError
     ├── ConfigurationError         stops the process at start with one line; starting again needs a change
     │    └── SettingsMismatch      the stored data was made with other settings
     ├── DependencyUnavailable      a server does not answer; waited for, with backoff
     ├── LoopStalled                work waits, the servers answer, nothing gets done; a new loop is made
     ├── InvalidRecord              an input that can never be accepted: becomes a dead letter with this reason
     │    └── ForeignRecord         a record of the log that ingest did not write
     ├── NotOurs                    a task or reply that this pipeline did not put there: it is dropped
     ├── UnsupportedVersion         a task or reply of a version that this process does not know
     ├── ConversationConflict       a stored row differs from what the log says: the conversation is quarantined
     ├── NotReleased                a quarantined conversation was not released, and why
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
    """A server does not answer; the message names the server and the reason."""


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


class NotReleased(ChatTasksError):
    """A quarantined conversation was not released, or not yet; nothing of it is lost."""


class NodeRestarted(ChatTasksError):
    """A Cassandra node started since the last replay, so a read may have missed acknowledged rows."""
