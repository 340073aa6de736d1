"""A chaos run from its beginning to the verdict, and how long the system took to recover from each fault."""
