"""Who is asked: each server, and the processes."""
