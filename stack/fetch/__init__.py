"""Getting the servers onto this machine: pinned jars are fetched once; Java and Redis come with Python packages."""
