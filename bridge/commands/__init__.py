"""One command of `chat-tasks` a file, named as it is typed."""
