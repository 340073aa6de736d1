"""What makes a benchmark's figures worthless."""

from __future__ import annotations


class BenchError(Exception):
    """A contestant did not do its job, or could not run; the message says which and how."""
