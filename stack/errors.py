"""What can go wrong while fetching, starting or watching the local servers."""

from __future__ import annotations


class StackError(Exception):
    """The local servers cannot do what was asked; the message says why and what helps."""


class MissingToolError(StackError):
    """Java or Valkey is not installed, or too old or too new."""


class FetchError(StackError):
    """The jars of a server cannot be fetched, or are not the pinned ones."""


class PortTakenError(StackError):
    """Another process listens on a port that a server needs."""


class ServerDiedError(StackError):
    """A process ended while it should run; the message holds the end of its log."""


class NotAnsweringError(StackError):
    """A server runs but does not answer its protocol within the time given."""


class NotRunningError(StackError):
    """A signal was meant for a process that does not run."""


class PipelineError(StackError):
    """`chat-tasks init` or the processes of the Procfile cannot start."""


class DemoError(StackError):
    """The pipeline did not do what the demonstration expects of it."""
