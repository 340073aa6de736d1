"""Histories made without any server, by which the checker is tested.

A perfect pipeline makes correct ones; each mutilation makes one thing in them wrong, and names what must be reported.
"""
