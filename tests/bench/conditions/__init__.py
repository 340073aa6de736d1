"""Tests of what contestants are given."""
