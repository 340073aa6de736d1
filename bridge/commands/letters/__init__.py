"""`chat-tasks letters`: lists and shows dead letters, sends them again, and deletes those that nobody needs."""

from bridge.commands.letters.command import letters as letters
