"""Transactions of a loop: one at a time, when the next one begins, and how large it may be."""
