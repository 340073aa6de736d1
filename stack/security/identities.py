"""The names under which the processes, and their operator, come to the secured servers.

A name is the same everywhere: a principal of Kafka, a role of Cassandra, a user of Redis, a certificate's common name.
"""

ADMINISTRATOR = "chat_admin"
TOOLS = "chat_tools"
OPERATOR = "chat_operator"
ERASER = "chat_eraser"
CONSOLE = "chat_console"
FOR_COMMANDS = (TOOLS, OPERATOR, ERASER, CONSOLE)
IDENTITIES = ("chat_init", "chat_ingest", "chat_dispatch", "chat_worker", "chat_flower", *FOR_COMMANDS)
