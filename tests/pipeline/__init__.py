"""A pipeline for tests on real servers: its processes, what is sent to it, and what comes out and is stored."""
