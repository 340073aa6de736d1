"""What `make demo` shows: a worked example, and a load whose output is checked."""
