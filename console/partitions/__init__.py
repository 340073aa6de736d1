"""The page of partitions: who owns each, what is committed, and what is finished above it."""
