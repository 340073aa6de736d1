"""The commands of `chat-tasks`: one file a command, named as the command is typed."""
