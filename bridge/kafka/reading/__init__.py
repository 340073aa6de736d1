"""Reads without a membership: what a topic holds, from where to where, and what waits at a group's positions."""
