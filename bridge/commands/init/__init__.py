"""`chat-tasks init`: makes topics and tables, and sets where both groups begin."""

from bridge.commands.init.command import init as init
