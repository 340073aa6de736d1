"""Pipelines that break one promise each, in a file each, which the checker has to catch.

A variant says in `PATCHES` what it puts in place of what; `launch` does so before it runs a command of the product.
"""
