"""Getting the servers onto this machine: Maven fetches their jars, once."""
