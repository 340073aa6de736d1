"""Whole pipelines in which something is killed, gets stuck, or is replaced by its next version while they work.

`tests/chaos` goes much further; here each disruption comes alone, at a chosen moment.
"""
