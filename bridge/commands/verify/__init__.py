"""`chat-tasks verify`: compares the rows with what was published."""

from bridge.commands.verify.command import verify as verify
