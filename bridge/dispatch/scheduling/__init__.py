"""Decides which records go to the workers next, how many in a task, and in how many tasks."""
